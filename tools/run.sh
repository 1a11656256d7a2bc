#!/usr/bin/env bash
# The models at work on this machine: builds, fetches and compiles what is missing, then shows the processor and what
# the models find in a few pictures. Needs no terminal.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "run: building"
swift build -c release --product swiftlet
tools/models.sh
swiftlet=$(swift build -c release --show-bin-path)/swiftlet
pictures=models/sources/pictures

show() {
    echo
    echo "\$ swiftlet $*"
    "$swiftlet" "$@"
}
show status
show classify "$pictures/chelsea.png" "$pictures/coffee.png" "$pictures/rocket.jpg" --top 3
show detect "$pictures/astronaut.png" "$pictures/coffee.png" --names efficientnet-lite0
show detect "$pictures/coffee.png" --names efficientnet-lite0 --draw build/coffee-boxes.png
show bench efficientnet-lite0 --threads 1 --runs 20
echo
echo "run: build/coffee-boxes.png shows the boxes; the program is $swiftlet (try: $swiftlet help)"
