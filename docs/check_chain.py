"""Checks the hash chain of `fighting-fund export journal --format csv`: python3 check_chain.py journal.csv"""
import csv, hashlib, itertools, sys

NAMES = ["entry", "effective_on", "recorded_at", "kind", "subject", "corrects"]
number, before = 0, "0" * 64
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for entry, rows in itertools.groupby(csv.DictReader(file), key=lambda row: int(row["entry"])):
        rows = list(rows)
        amounts = [int(row["amount"].replace(".", "")) for row in rows]
        lines = ";".join(f"{row['account']} {amount} {row['currency']} {row['appeal_number'] or '-'}" for row, amount in zip(rows, amounts))
        texts = {"|".join([row[name] for name in NAMES] + [lines]) for row in rows}
        hashes = {hashlib.sha256(f"{before}\n{text}".encode()).hexdigest() for text in texts} | {row["hash"] for row in rows}
        if entry != number + 1:
            sys.exit(f"After entry {number} comes entry {entry}.")
        if len(hashes) != 1:
            sys.exit(f"Entry {entry} is not what was hashed when it was posted.")
        if sum(amounts) != 0:
            sys.exit(f"Entry {entry} does not balance.")
        number, before = entry, hashes.pop()
print(f"{number} entries, none missing, each as it was posted. The last hash is {before}.")
