"""Chooses the recordings that are kept out of training: prints their ids, one a line.

    python3 held_out.py asterisk-prompts-16k/metadata.csv > held_out_prompts.txt

The order is that of a hash of the id, so the choice depends on nothing else. Per range of words a fixed number is
taken. A recording whose text is, or nearly is, that of another one is never chosen, nor is a single letter.
"""

import difflib
import hashlib
import re
import sys

WANTED = [(1, 1, 10), (2, 2, 6), (3, 5, 16), (6, 9, 16), (10, 15, 12)]  # fewest words, most words, recordings
ALIKE = 0.85  # difflib's ratio over words


def words(text):
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def main():
    rows = [line.rstrip("\n").split("|") for line in open(sys.argv[1], encoding="utf-8")]
    texts = {row[0]: words(row[-1]) for row in rows}

    def unlike_all_others(name):
        mine = texts[name]
        return not any(
            other != name and (mine == text or len(mine) > 2
                               and difflib.SequenceMatcher(None, mine, text).ratio() > ALIKE)
            for other, text in texts.items())

    chosen = []
    for lowest, highest, count in WANTED:
        pool = [name for name, text in texts.items()
                if lowest <= len(text) <= highest and sum(map(len, text)) > 2]
        pool.sort(key=lambda name: hashlib.sha1(name.encode()).hexdigest())
        for name in pool:
            if count and unlike_all_others(name):
                chosen.append(name)
                count -= 1
    print("\n".join(sorted(chosen)))


main()
