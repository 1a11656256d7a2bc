# Names the steps; SwiftPM does the building. `make help` lists them.
BOARD ?= aarch64
PRODUCT ?= swiftlet

.DEFAULT_GOAL := help
.PHONY: help run test board models bench fuzz setup clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

board: ## build/aarch64/swiftlet: static and stripped, for every 64-bit ARM board
	board/build.sh $(BOARD) $(PRODUCT)

clean: ## remove what make made, downloaded models excepted
	rm -rf build .build .build-*
