/*
 * Failures on request and artificial delays: parses the rules of SIMCUDA_FAIL and simcuda_fail() and says at
 * each call whether it fails. Guarded by a lock of its own, since it is asked before the driver's.
 */
#include "sim.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES 64

struct rule {
	enum sim_call call;
	uint64_t nth;    /* fails at this one call; 0: not so */
	uint64_t period; /* fails at each k-th; 0: not so */
	uint64_t seen;
	CUresult code;
};

static struct rule rules[RULES];
static unsigned int rule_count;
static _Atomic bool any;
static _Atomic uint64_t delay;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool find_call(const char *name, size_t length, enum sim_call *call)
{
	for (int i = 0; i < SIM_CALLS; i++) {
		const char *known = sim_call_name((enum sim_call)i);

		if (strlen(known) == length && memcmp(known, name, length) == 0) {
			*call = (enum sim_call)i;
			return true;
		}
	}
	return false;
}

/* function:when=code */
static bool parse_rule(const char *text, const char **end, struct rule *rule)
{
	const char *colon = strchr(text, ':'), *at;
	char *stop;

	memset(rule, 0, sizeof(*rule));
	if (!colon || !find_call(text, (size_t)(colon - text), &rule->call))
		return false;
	at = colon + 1;
	if (*at == '*') {
		rule->period = 1;
		at++;
	} else {
		bool periodic = *at == '%';
		uint64_t count = strtoull(at + periodic, &stop, 10);

		if (stop == at + periodic || !count)
			return false;
		*(periodic ? &rule->period : &rule->nth) = count;
		at = stop;
	}
	if (*at != '=')
		return false;
	rule->code = (CUresult)strtol(at + 1, &stop, 10);
	*end = stop;
	return stop != at + 1 && rule->code != CUDA_SUCCESS;
}

int simcuda_fail(const char *text)
{
	struct rule parsed[RULES];
	unsigned int count = 0;

	while (text && *text) {
		if (count == RULES || !parse_rule(text, &text, &parsed[count]))
			return -1;
		count++;
		if (*text == ',')
			text++;
		else if (*text)
			return -1;
	}
	pthread_mutex_lock(&lock);
	memcpy(rules, parsed, count * sizeof(*rules));
	rule_count = count;
	atomic_store(&any, count != 0);
	pthread_mutex_unlock(&lock);
	return 0;
}

CUresult sim_fault(enum sim_call call)
{
	CUresult result = CUDA_SUCCESS;

	if (!atomic_load_explicit(&any, memory_order_relaxed))
		return CUDA_SUCCESS;
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < rule_count; i++) {
		struct rule *rule = &rules[i];

		if (rule->call != call)
			continue;
		rule->seen++;
		if (rule->seen == rule->nth || (rule->period && rule->seen % rule->period == 0))
			result = rule->code;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void simcuda_delay(uint64_t nanoseconds)
{
	atomic_store(&delay, nanoseconds);
}

uint64_t sim_delay(void)
{
	return atomic_load_explicit(&delay, memory_order_relaxed);
}

void sim_fault_start(void)
{
	const char *text = getenv("SIMCUDA_FAIL"), *wait = getenv("SIMCUDA_DELAY_NS");

	if (text && simcuda_fail(text)) {
		fprintf(stderr,
			"simcuda: SIMCUDA_FAIL=%s does not parse; right would be cuMemAlloc_v2:3=2,cuMemFree_v2:*=719\n",
			text);
		_Exit(99);
	}
	if (wait)
		simcuda_delay(strtoull(wait, NULL, 10));
}
