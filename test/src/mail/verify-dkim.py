# Verifies every DKIM signature of a message with dkimpy, which shares nothing with our code or mailauth's.
# Standard input: {"message": base64, "records": {name: TXT}}. Standard output: [{"domain", "valid"}].
import base64
import json
import sys

import dkim


def main():
    given = json.load(sys.stdin)
    message = base64.b64decode(given["message"])
    records = {name + ".": text.encode() for name, text in given["records"].items()}

    def lookup(name, timeout=5):
        return records.get(name.decode() if isinstance(name, bytes) else name)

    count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.rfc822_parse(message)[0])
    results = []
    for index in range(count):
        verifier = dkim.DKIM(message)
        valid = verifier.verify(idx=index, dnsfunc=lookup)
        results.append({"domain": verifier.domain.decode(), "valid": valid})
    json.dump(results, sys.stdout)


main()
