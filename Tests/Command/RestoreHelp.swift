/// What `onestep restore --help` prints; a change here is a change for users.
let restoreHelp = #"""
  OVERVIEW: Make photographs four times larger and sharp, in one network call.

  Examples:
    onestep restore photo.jpg -o sharp.png
    onestep restore holiday/ -o sharp/ --realism 0.6 --json

  Grey, alpha, 16 bits (in PNG), colour profile and EXIF are kept. Images of a
  folder are those directly inside it; results keep their names, and an extension
  that names no format becomes .png. The network makes 4x; for smaller scales
  that result is resized.

  USAGE: onestep restore [<options>] <inputs> ... --output <output>

  ARGUMENTS:
    <inputs>                Images (PNG, JPEG, WebP), folders of images, or - for
                            standard input.

  OPTIONS:
    -o, --output <output>   A file, a folder for several images, or - for
                            standard output (PNG).
    --realism <0...1>       0 is fidelity, 1 realism. (default: 0.3)
    --scale <1...4>         Enlargement: 4, or 1 to 3 by resizing the 4x result.
                            (default: 4)
    -m, --model <name>      A model of 'onestep models list', or a path.
                            (default: photo)
    --seed <n>              Seed of the noise; the same seed gives the same
                            bytes. (default: 0)
    --tile <n>              Pixels a side computed at once; changes memory and
                            speed, and for models of preset paper the result a
                            little. (default: 384)
    --precision <precision> Arithmetic: bf16 where the processor is fast at it,
                            or as given. (values: auto, f32, bf16; default: auto)
    --quality <1...100>     Quality of JPEG (default 92) and WebP (default
                            lossless).
    --force                 Replace existing results.
    --dry-run               Show what would be written, and write nothing.
    --threads <n>           Threads to compute with (default: all cores).
    --json                  Print one JSON object per result on standard output.
    -q, --quiet             Show no progress and no paths.
    -v, --verbose           Show timings on standard error.
    --version               Show the version.
    -h, --help              Show help information.


  """#
