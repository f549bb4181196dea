#!/usr/bin/env python3
"""Times the same networks in PyTorch, ONNX Runtime, OpenVINO and OneStep, side by side in one run.

    python bench_peers.py --network chain unet unet-train --peer all --runs 7 --json out.json \
        --onestep ../../.build/release/onestep
    python bench_peers.py --export-reference reference

Prints one JSON object per row. Every peer runs in a process of its own, so that thread pools never
share the processor. README.md beside this file says what is computed and which packages it needs.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SPEECH = ("mel-unet", "hifi-gan-v1", "hifi-gan-v2", "vocos")
INFERENCE = ("chain", "unet", *SPEECH)
NETWORKS = (*INFERENCE, "unet-train")
TORCH_PEERS = ("pytorch", "pytorch-channels-last", "pytorch-compile")
GRAPH_PEERS = ("onnxruntime", "openvino")
PEERS = TORCH_PEERS + GRAPH_PEERS
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def measure(call, options):
    """Milliseconds of `runs` calls after the warm-up ones and a first one, which may compile."""
    call()
    start = time.perf_counter()
    for i in range(options.warm_up):
        call()
        seconds = (time.perf_counter() - start) / (i + 1)
        if seconds > options.slow:
            raise RuntimeError(f"one run takes {seconds:.0f} s, more than --slow {options.slow:g}")
    times = []
    for _ in range(options.runs):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def row(options, peer, version, precision, times, **more):
    return {
        "network": options.network[0], "peer": peer, "version": version, "precision": precision,
        "milliseconds": round(statistics.median(times), 2), "minimum": round(min(times), 2),
        "maximum": round(max(times), 2), "runs": len(times), "threads": options.threads, **more,
    }


def failure(network, peer, error, **more):
    text = " ".join(str(error).split())[-300:]
    return {"network": network, "peer": peer, **more, "error": text or type(error).__name__}


def difference(output, options):
    """max|a-b| / max|b| against PyTorch's eager f32 output."""
    import numpy

    expected = numpy.load(os.path.join(options.folder, "output.npy"))
    return float(f"{abs(output - expected).max() / abs(expected).max():.2g}")


# Workers: each runs in its own process, yields rows

def torch_rows(peer, options):
    import torch
    import peer_networks

    torch.set_num_threads(options.threads)
    network = options.network[0]
    layout = torch.contiguous_format if peer == "pytorch" else torch.channels_last
    make = peer_networks.training_step if network == "unet-train" else peer_networks.inference
    forms = ("plain", "autocast") if network == "unet-train" else ("plain", "weights", "autocast")
    for form in forms:
        precision = "f32" if form == "plain" else "bf16"
        try:
            if precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
                raise RuntimeError("no bf16 convolution on this processor (needs AVX-512)")
            call = make(network, layout, form, peer == "pytorch-compile")
            times = measure(call, options)
            result = call()
            check = ({"loss": round(result, 4)} if network == "unet-train" else
                     {"difference": difference(result.float().numpy(), options)})
            yield row(options, peer, torch.__version__, precision, times, form=form, **check)
        except Exception as problem:  # a peer that fails is a row, not the end of the run
            yield failure(network, peer, problem, precision=precision, form=form)


def onnxruntime_inference(peer, options):
    import numpy
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        os.path.join(options.folder, "network.onnx"), settings, ["CPUExecutionProvider"])
    x = numpy.load(os.path.join(options.folder, "input.npy"))
    name = session.get_inputs()[0].name

    def call():
        return session.run(None, {name: x})[0]

    error = difference(call(), options)
    yield row(options, peer, onnxruntime.__version__, "f32", measure(call, options),
              form="plain", difference=error)


def openvino_inference(peer, options):
    import numpy
    import openvino

    core = openvino.Core()
    x = numpy.load(os.path.join(options.folder, "input.npy"))
    for precision in ("f32", "bf16"):
        compiled = core.compile_model(os.path.join(options.folder, "network.xml"), "CPU", {
            "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": options.threads, "NUM_STREAMS": 1,
            "ENABLE_HYPER_THREADING": True,
        })
        request = compiled.create_infer_request()

        def call():
            request.infer([x], share_inputs=True)
            return request.get_output_tensor().data

        error = difference(call(), options)
        ran = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if precision == "bf16" and (ran != "bf16" or error < 1e-4):
            yield failure(options.network[0], peer, "computed in f32", precision="bf16")
            continue
        times = measure(call, options)
        threads = int(compiled.get_property("INFERENCE_NUM_THREADS"))
        yield {**row(options, peer, openvino.__version__.split("-")[0], precision, times,
                     form="plain" if precision == "f32" else "hint", difference=error),
               "threads": threads}


def work(options):
    network, peer = options.network[0], options.worker
    if peer == "export":
        import peer_networks
        rows = (failure(network, *found) for found in peer_networks.export_graphs(
            network, options.folder, options.peer, options.threads))
    elif peer == "onnxruntime":
        rows = onnxruntime_inference(peer, options)
    elif peer == "openvino":
        rows = openvino_inference(peer, options)
    else:
        rows = torch_rows(peer, options)
    for result in rows:
        print("row " + json.dumps(result), flush=True)


# Parent

def environment(threads, folder=None):
    own = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if folder:  # a compiler that is stopped must not leave half a file in the user's cache
        own["TORCHINDUCTOR_CACHE_DIR"] = os.environ.get("TORCHINDUCTOR_CACHE_DIR", folder)
    return {**os.environ, **own}


def run_worker(peer, network, folder, options):
    command = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--network", network,
               "--peer", *options.peer, "--folder", folder, "--runs", str(options.runs),
               "--warm-up", str(options.warm_up), "--threads", str(options.threads),
               "--slow", str(options.slow)]
    # Files, not pipes: a compiler's helper processes may outlive the worker and hold a pipe open.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as problems:
        worker = subprocess.Popen(command, stdout=output, stderr=problems, start_new_session=True,
                                  env=environment(options.threads, folder))
        try:
            status = worker.wait(options.limit)
        except subprocess.TimeoutExpired:
            status = f"stopped after --limit {options.limit:g} s"
        try:
            os.killpg(worker.pid, signal.SIGKILL)  # the worker's own session, helpers included
        except ProcessLookupError:
            pass
        worker.wait()
        output.seek(0), problems.seek(0)
        rows = [json.loads(line[4:]) for line in output if line.startswith("row ")]
        if status != 0:
            text = status if isinstance(status, str) else problems.read() or f"status {status}"
            rows.append(failure(network, peer, text))
    return rows


def run_onestep(options):
    """Rows of `onestep bench` for the networks that were asked for."""
    rows = []
    for bench, names in (("engine", set(NETWORKS) - set(SPEECH)), ("tts", set(SPEECH))):
        wanted = sorted(names & set(options.network))
        if wanted:
            rows += onestep_rows(bench, wanted, options)
    return rows


def onestep_rows(bench, wanted, options):
    done = subprocess.run([options.onestep, "bench", bench, "--rows", ",".join(wanted), "--json"],
                          capture_output=True, text=True, env=environment(options.threads))
    if done.returncode != 0:
        return [failure("all", "onestep", done.stderr or f"exit status {done.returncode}")]
    rows = []
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        found = json.loads(line)
        if found.get("row") in options.network and "milliseconds" in found:
            rows.append({"network": found.pop("row"), "peer": "onestep", **found})
    return rows


def ratios(rows):
    """Our milliseconds over the fastest peer's, per network and precision."""
    timed = [r for r in rows if "milliseconds" in r]
    for ours in (r for r in timed if r["peer"] == "onestep"):
        same = [r for r in timed if r["peer"] != "onestep"
                and (r["network"], r["precision"]) == (ours["network"], ours["precision"])]
        if same:
            best = min(same, key=lambda r: r["milliseconds"])
            yield {"ratio": round(ours["milliseconds"] / best["milliseconds"], 3),
                   "network": ours["network"], "precision": ours["precision"],
                   "milliseconds": ours["milliseconds"], "fastest": best["peer"],
                   "version": best["version"], "fastest_milliseconds": best["milliseconds"]}


def machine(options):
    import peer_networks

    facts = {}
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            facts = dict(map(str.strip, line.split(":", 1)) for line in file if ":" in line)
    flags = set(facts.get("flags", "").split())
    return {"processor": facts.get("model name", platform.machine()), "cores": os.cpu_count(),
            "instructions": [f for f in INSTRUCTIONS if f in flags],
            "load": os.getloadavg()[0], "threads": options.threads,
            "gigaflop": {n: round(peer_networks.flops(n) / 1e9, 2) for n in options.network}}


def compare(options):
    rows = []

    def report(found):
        rows.extend(found)
        for item in found:
            print(json.dumps(item), flush=True)

    about = machine(options)
    print(json.dumps(about), flush=True)
    for network in options.network:
        with tempfile.TemporaryDirectory() as folder:
            if network in INFERENCE:
                report(run_worker("export", network, folder, options))
            for peer in options.peer:
                if network in INFERENCE or peer in TORCH_PEERS:
                    report(run_worker(peer, network, folder, options))
    if options.onestep:
        report(run_onestep(options))
    relative = list(ratios(rows))
    for item in relative:
        print(json.dumps(item))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": about, "rows": rows, "ratios": relative}, file, indent=1)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--peer", nargs="+", choices=("all", *PEERS), default=["all"])
    parser.add_argument("--runs", type=int, default=7, help="timed runs per row, at least 5")
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--slow", type=float, default=10, metavar="SECONDS",
                        help="give a row up when one run takes longer")
    parser.add_argument("--limit", type=float, default=240, metavar="SECONDS",
                        help="stop a peer's process after this time, keep its rows so far")
    parser.add_argument("--json", metavar="FILE", help="also write all rows and ratios here")
    parser.add_argument("--onestep", metavar="BINARY", help="time this binary too, print ratios")
    parser.add_argument("--export-reference", metavar="DIR", help="write reference tensors, stop")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if "all" in options.peer:
        options.peer = list(PEERS)
    if options.export_reference:
        import peer_networks
        for path, size in peer_networks.export_reference(options.export_reference):
            print(json.dumps({"file": path, "bytes": size}))
    elif options.worker:
        work(options)
    else:
        compare(options)


if __name__ == "__main__":
    main()
