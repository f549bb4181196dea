"""Renders a speech corpus with known phone times by Debian's flite (2.2, packages flite and libflite1).

    python3 render_speech.py OUT --metadata ljspeech/metadata.csv --lexicon cmudict.dict --exclude harvard-sentences.txt
    python3 render_speech.py OUT --lines harvard-sentences.txt --prefix harvard

OUT gets the LJSpeech layout: `wavs/ID.wav` (16 kHz mono), `metadata.csv` with `id|text|normalised text`, and
`phones.tsv` with `id<TAB>phone:end_seconds ...`: ARPAbet in capitals with stress digits, pauses as `pau`.
Only the standard library is used. What is there already is kept, so an interrupted run can be started again.

The program `flite` prints phone times (`-psdur`) or stress (`-psstress`), never both, so its library is called, in two
processes. It knows the stresses 0 and 1 only. Texts whose spoken form could differ from the written one (digits,
abbreviations, acronyms, single letters inside a sentence) are left out.
"""

import argparse
import ctypes
import hashlib
import multiprocessing
import pathlib
import re
import wave

PLAIN = re.compile(r"[A-Za-z' ,.;:?!\"-]+")
DOUBTFUL = re.compile(r"[A-Z]{2}|\b[B-HJ-Z]\b|\.\s*\S|(?:^|\s)'|--")
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
CALENDAR = ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July "
            "August September October November December first second third fourth fifth sixth seventh eighth ninth "
            "tenth eleventh twelfth thirteenth twentieth thirtieth dollar dollars cent cents point percent o'clock "
            "a.m. p.m. million billion thousand hundred minus plus hour minute second").split()


def key(text):
    """An order that looks random and never changes."""
    return hashlib.sha1(text.encode()).hexdigest()


def words(text):
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def plain(text, lowest, highest):
    return (lowest <= len(text.split()) <= highest and PLAIN.fullmatch(text) and not DOUBTFUL.search(text))


def number(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10 - 2] + ("" if n % 10 == 0 else " " + ONES[n % 10])
    if n < 1000:
        return ONES[n // 100] + " hundred" + ("" if n % 100 == 0 else " " + number(n % 100))
    return number(n // 1000) + " thousand" + ("" if n % 1000 == 0 else " " + number(n % 1000))


def sentences(rows, count):
    """[(id, text)], evenly over the lengths from 3 to 25 words."""
    buckets = {}
    for name, text in rows:
        if plain(text, 3, 25):
            buckets.setdefault(len(text.split()), []).append((name, text))
    for bucket in buckets.values():
        bucket.sort(key=lambda row: key(row[0]))
    chosen = []
    while len(chosen) < count and any(buckets.values()):
        for length in sorted(buckets):
            if buckets[length] and len(chosen) < count:
                chosen.append(buckets[length].pop(0))
    return sorted(chosen)


def prompts(rows, lexicon, count):
    """Short texts of one to six words: numbers, letters, dates, lexicon words, pieces of sentences."""
    fixed = [number(n) for n in range(101)] + CALENDAR + [chr(65 + i) for i in range(26)]
    fixed += [number(int(key(f"number {i}"), 16) % 10000) for i in range(150)]
    fixed += [" ".join(chr(65 + int(key(f"spell {i} {k}"), 16) % 26) for k in range(2 + i % 3)) for i in range(150)]
    fixed += [" ".join(ONES[int(key(f"digits {i} {k}"), 16) % 10] for k in range(2 + i % 5)) for i in range(200)]
    single = sorted((w for w in lexicon if re.fullmatch("[a-z]{2,12}", w)), key=key)[:count // 3]
    pieces = []
    for name, text in rows:
        if plain(text, 3, 25):
            tokens = text.split()
            length = 1 + int(key(name + " length"), 16) % 6
            start = int(key(name + " start"), 16) % max(1, len(tokens) - length)
            piece = " ".join(tokens[start:start + length]).strip(" ,.;:?!\"-")
            if len(piece.replace("'", "")) > 2 and plain(piece, 1, 6):
                pieces.append(piece)
    pieces.sort(key=key)
    texts = list(dict.fromkeys(fixed + single + pieces))[:count]
    ends = ["", ".", ".", "?", ","]
    return [(f"prompt-{i + 1:05d}", t + ends[int(key(t), 16) % len(ends)]) for i, t in enumerate(texts)]


class Flite:
    """One voice of the library, loaded once a process."""

    def __init__(self, voice):
        self.lib = lib = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        lib.flite_init()
        register = getattr(ctypes.CDLL(f"libflite_cmu_us_{voice}.so.1"), f"register_cmu_us_{voice}")
        for function in (register, lib.flite_synth_text, lib.utt_relation, lib.relation_head, lib.item_next,
                         lib.utt_wave):
            function.restype = ctypes.c_void_p
        lib.ffeature_string.restype = ctypes.c_char_p
        lib.ffeature_float.restype = ctypes.c_float
        self.voice = ctypes.c_void_p(register(None))

    def speak(self, text, path):
        """Writes the sound; returns [(phone, end in seconds)]."""
        lib = self.lib
        utterance = ctypes.c_void_p(lib.flite_synth_text(text.encode(), self.voice))
        lib.cst_wave_save_riff(ctypes.c_void_p(lib.utt_wave(utterance)), str(path).encode())
        relation = ctypes.c_void_p(lib.utt_relation(utterance, b"Segment"))
        item, phones = lib.relation_head(relation), []
        while item:
            at = ctypes.c_void_p(item)
            name = lib.ffeature_string(at, b"name").decode()
            if name != "pau":
                vowel = lib.ffeature_string(at, b"ph_vc") == b"+"
                stress = lib.ffeature_string(at, b"R:SylStructure.parent.stress").decode() if vowel else ""
                name = ("AH" if name == "ax" else name.upper()) + stress
            phones.append((name, lib.ffeature_float(at, b"end")))
            item = lib.item_next(at)
        lib.delete_utterance(utterance)
        return phones


def start(voice):
    global synthesizer
    synthesizer = Flite(voice)


def render(job):
    """The id and its line of phones.tsv; None where the times do not fit the sound."""
    name, text, wav = job
    phones = synthesizer.speak(text, wav)
    with wave.open(str(wav)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    ends = [end for _, end in phones]
    if not all(a < b for a, b in zip([0.0] + ends, ends)) or abs(ends[-1] - seconds) > 0.02:
        wav.unlink()
        return name, None
    return name, " ".join(f"{p}:{end:.3f}" for p, end in phones)


def read_texts(options):
    if options.lines:
        lines = [line.strip() for line in open(options.lines, encoding="utf-8") if line.strip()]
        return [(f"{options.prefix}-{i + 1:04d}", text) for i, text in enumerate(lines)]
    rows = []
    for line in open(options.metadata, encoding="utf-8"):
        columns = line.rstrip("\n").split("|")
        rows.append((columns[0], columns[-1].strip()))
    lexicon = {line.split()[0] for line in open(options.lexicon, encoding="utf-8") if line.strip()}
    excluded = {tuple(words(line)) for line in open(options.exclude, encoding="utf-8")} if options.exclude else set()
    rows = [(name, text) for name, text in rows if tuple(words(text)) not in excluded]
    chosen = sentences(rows, options.sentences) + prompts(rows, lexicon, options.prompts)
    return [row for row in chosen if tuple(words(row[1])) not in excluded]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--voice", default="slt")
    parser.add_argument("--metadata", help="LJSpeech's table")
    parser.add_argument("--lexicon", help="cmudict.dict")
    parser.add_argument("--exclude", help="sentences, one a line, that must not be rendered")
    parser.add_argument("--sentences", type=int, default=3700)
    parser.add_argument("--prompts", type=int, default=2400)
    parser.add_argument("--lines", help="render these lines, all of them, instead of a corpus")
    parser.add_argument("--prefix", default="line")
    options = parser.parse_args()

    wavs = options.out / "wavs"
    wavs.mkdir(parents=True, exist_ok=True)
    table, phones = options.out / "metadata.csv", options.out / "phones.tsv"
    known = {}
    if phones.exists():
        known = dict(line.rstrip("\n").split("\t") for line in open(phones) if line.endswith("\n"))
    texts = read_texts(options)
    jobs = [(n, t, wavs / f"{n}.wav") for n, t in texts
            if n not in known or not (wavs / f"{n}.wav").exists()]
    failed, done = 0, 0
    with multiprocessing.Pool(2, start, (options.voice,)) as pool, open(phones, "a") as out:
        for name, line in pool.imap(render, jobs, 8):
            done += 1
            if line is None:
                failed += 1
                continue
            known[name] = line
            out.write(f"{name}\t{line}\n")
            if done % 500 == 0:
                print(f"{done} of {len(jobs)}", flush=True)
    rows = [(n, t) for n, t in texts if n in known]
    table.write_text("".join(f"{n}|{t}|{t}\n" for n, t in rows), encoding="utf-8")
    phones.write_text("".join(f"{n}\t{known[n]}\n" for n, _ in rows))
    report(rows, known, failed)


def report(rows, known, failed):
    seconds = sum(float(known[n].rsplit(":", 1)[1]) for n, _ in rows)
    counts = {}
    for n, _ in rows:
        for item in known[n].split():
            counts[item.split(":")[0]] = counts.get(item.split(":")[0], 0) + 1
    spoken = sum(c for p, c in counts.items() if p != "pau")
    print(f"{len(rows)} clips, {seconds / 3600:.2f} h, {spoken} phones, {counts.get('pau', 0)} pauses, "
          f"{spoken / seconds:.2f} phones/s, {len(counts)} symbols, {failed} refused")
    print(" ".join(f"{p}:{c}" for p, c in sorted(counts.items(), key=lambda item: -item[1])))


if __name__ == "__main__":
    main()
