# Code that the tests of call stacks walk through: build/stacks/.

STACKS := $(B)/stacks
STACKS_CFLAGS = -std=gnu11 -O2 -g -fPIC -fomit-frame-pointer -Wall -Wextra -Werror

STACKS_ALL := $(STACKS)/plugin_1.so $(STACKS)/plugin_2.so

$(STACKS)/plugin_%.so: tests/stacks/plugin.c
	@mkdir -p $(@D)
	$(CC) $(STACKS_CFLAGS) -DPLUGIN=$* -shared $< -o $@
