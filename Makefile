# make demo   sets up what is missing, builds, restores a sample photograph and speaks a sentence
# make test   sets up what is missing, builds, runs every test
PREFIX ?= /usr/local
PACKAGES = libdnnl-dev libopenblas-dev libfftw3-dev libpng-dev libjpeg62-turbo-dev libwebp-dev libsndfile1-dev libsamplerate0-dev libebur128-dev libzip-dev libssl-dev libhdf5-dev libmujoco-dev libgcc-12-dev
BIN = .build/release/onestep

.PHONY: setup build demo test bench format install clean

setup:
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then run=""; elif command -v sudo >/dev/null; then run="sudo"; \
	  else echo "Please install, as root:  apt-get install -y$$missing"; exit 1; fi; \
	  echo "Installing$$missing"; \
	  $$run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -qq --no-install-recommends $$missing; \
	fi

build: setup
	swift build -c release

demo: build
	@mkdir -p out
	$(BIN) restore Samples/Inputs/dog.png -o out/dog-4x.png --force --json
	$(BIN) tts "The parcel cost \$$3.50, Dr. Smith said." -o out/parcel.wav --plot out/parcel.png --force --json

test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build

bench: build
	$(BIN) bench engine
	$(BIN) bench restore
	$(BIN) bench tts
	$(BIN) bench control

format:
	swift format format --in-place --recursive Sources Plugins Tests Samples Package.swift

install: build
	install -d $(PREFIX)/bin $(PREFIX)/share/onestep
	install -m 755 $(BIN) $(PREFIX)/bin/onestep
	install -d $(PREFIX)/lib $(PREFIX)/include
	install -m 755 .build/release/libonestep_policy.so $(PREFIX)/lib/
	install -m 644 Plugins/ControlLibrary/include/onestep_policy.h $(PREFIX)/include/
	install -m 644 Plugins/SuperResolution/Resources/*.safetensors Plugins/Speech/Resources/* Plugins/Control/Resources/* LICENSE $(PREFIX)/share/onestep/

clean:
	rm -rf .build out
