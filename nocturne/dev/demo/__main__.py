"""Serve the demo feeds until interrupted."""

import argparse
import threading

from nocturne.dev.demo import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m nocturne.dev.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    try:
        server = serve(parser.parse_args().port)
    except (OSError, OverflowError) as problem:
        raise SystemExit(f"The demo feeds cannot be served at that port: {problem}.")
    print(f"Demo feeds at http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.shutdown()


if __name__ == "__main__":
    main()
