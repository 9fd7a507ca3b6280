# The SPANK plugin: build/slurm/spank_rac.so. It belongs to one release of Slurm, whose headers it is built with;
# SLURM=/opt/slurm where they are not the system's.

SLURM       ?= /usr
SPANK_SRC   := $(sort $(wildcard integrations/slurm/*.c))
SPANK_OBJ   := $(patsubst integrations/slurm/%.c,$(B)/slurm/%.o,$(SPANK_SRC))
# Its headers count on <stdint.h>.
SPANK_FLAGS := -include stdint.h -isystem $(SLURM)/include

$(B)/slurm/%.o: integrations/slurm/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(SPANK_FLAGS) $(CFLAGS) $(SPANK_SEEN) $(DEPS) -c $< -o $@

# Slurm looks there for what it calls.
$(B)/slurm/spank_rac.o: SPANK_SEEN := -fvisibility=default

# slurmstepd and srun have the functions that it asks for.
$(B)/slurm/spank_rac.so: $(SPANK_OBJ) $(B)/librac_core.a
	$(CC) -shared $(CFLAGS) $(LDFLAGS) $(SPANK_OBJ) -Wl,--exclude-libs,ALL $(B)/librac_core.a -o $@

.PHONY: slurm
slurm: $(B)/slurm/spank_rac.so ## build the SPANK plugin for Slurm, which gives srun --vram (needs spank.h)
