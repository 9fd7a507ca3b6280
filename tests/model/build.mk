# The model check: the concurrent modules, compiled against a simulated <stdatomic.h>, and scenarios for
# them in one program.

MODEL_TESTED := $(sort $(wildcard core/tracker*.c core/ledger*.c core/group*.c)) core/sites.c core/arena.c \
                shim/account.c shim/budget.c shim/context.c
MODEL_SRC    := $(sort $(wildcard tests/model/*.c)) $(MODEL_TESTED)
MODEL_OBJ    := $(patsubst %.c,$(B)/tests/model/%.o,$(MODEL_SRC))
# Ledgers that grow with the fifteenth entry.
MODEL_CFLAGS := -Itests/model/include -Itests/model $(CPPFLAGS) -Ishim -DFIRST_BUCKETS=2 -DPAGE_BUCKETS=2 \
                -DMODEL_CHECK

.PHONY: model check-model
model: $(B)/tests/model/model ## build the model check

$(B)/tests/model/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(MODEL_CFLAGS) $(CFLAGS) $(DEPS) -c $< -o $@

$(B)/tests/model/model: $(MODEL_OBJ)
	$(CC) $(CFLAGS) $(MODEL_OBJ) $(LDFLAGS) -o $@

check-model: model ## check the concurrent modules in every order, on a weak memory
	$(B)/tests/model/model
