# Names the steps; SwiftPM does the building. `make help` lists them.
BOARD ?= aarch64
PRODUCT ?= swiftlet
TARGET ?= nest
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help run tidy test board models rig bench fuzz factory factory-demo clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## everything a new machine needs, then the models at work on this machine
	tools/setup/packages.sh
	tools/run/firmware.sh

test: ## everything a new machine needs, then all tests, the board's binary under QEMU included
	tools/setup/packages.sh
	tools/test/all.sh

tidy: ## what a compiler doesn't look for: layers, imports, lengths, dead code, comments, paths in documents
	tools/tidy/run.sh

board: ## build/aarch64/swiftlet: static and stripped, for every 64-bit ARM board (BOARD=armv7: 32-bit)
	board/build.sh $(BOARD) $(PRODUCT)

models: ## download the published models, check and compile them into models/*.nest (GEMMA=accept: Gemma too)
	tools/models/compile.sh

rig: ## boot the board's binary in QEMU, with simulated sensors, and give its console on this terminal
	tools/setup/packages.sh
	BOARD=$(BOARD) tools/run/rig.sh

bench: ## the figures, beside LiteRT, as data and tables: build/bench/*.json; status 1 where a bound is missed (PEERS=1: ARM instructions of the peers too)
	tools/setup/packages.sh
	PEERS=$(PEERS) bench/bench.sh

fuzz: ## libFuzzer on a reader of files: make fuzz TARGET=nest SECONDS=60
	Tests/fuzz/run.sh $(TARGET) $(SECONDS)

factory: ## the model factory: Python with PyTorch in build/factory, and its command build/factory/bin/factory
	factory/set-up.py

factory-demo: ## the factory's smallest recipe: Fashion-MNIST, trained, made int8, on the simulated board
	tools/setup/packages.sh
	tools/run/factory-demo.sh

clean: ## remove what make made, downloaded and compiled models excepted
	rm -rf build .build .build-*
