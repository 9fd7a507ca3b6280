# Targets that check or show: lint, the demonstration, the database that clang's tools read.

.PHONY: lint format demo compdb

lint: ## check formatting, bug patterns, rooms, exports, docs and scripts
	@scripts/setup.sh lint
	@+$(SUBMAKE) core shim
	@+B=$(B) scripts/lint.sh

format: ## lay out all C sources with clang-format
	@scripts/setup.sh lint
	@scripts/format.sh

$(B)/scripts/gpu_probe: scripts/gpu_probe.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) $< $(LDFLAGS) -ldl -o $@

demo: ## show a cap refusing and a report, on the GPU or on the simulated CUDA
	@scripts/setup.sh build
	@+$(SUBMAKE) shim sim apps $(B)/scripts/gpu_probe
	@B=$(B) scripts/demo.sh

compdb: ## write build/compile_commands.json, for clang-tidy and clangd
	@mkdir -p $(B)
	@$(MAKE) --no-print-directory -nB B=$(B) all apps units-plain > $(B)/commands
	@sed -e ':a' -e '/\\$$/{N;s/\\\n[[:blank:]]*//;ba' -e '}' $(B)/commands | awk -v folder='$(CURDIR)' ' \
		/ -c [^ ]+\.c / { \
			file = $$0; sub(/.* -c /, "", file); sub(/ .*/, "", file); \
			gsub(/[\\"]/, "\\\\&"); \
			printf "%s{\"directory\": \"%s\", \"command\": \"%s\", \"file\": \"%s\"}", \
				(n++ ? ",\n" : "[\n"), folder, $$0, file \
		} \
		END { print n ? "\n]" : "[]" }' > $(B)/compile_commands.json
