/*
 * report_words.c - the words and figures that lines of the text report share; the lines are
 * report_text.c's.
 */
#include "report_parts.h"
#include "size_text.h"
#include <signal.h>
#include <stddef.h>

void rac_words_prefix(struct rac_emit *e, const struct rac_report *report)
{
	rac_emit_string(e, "==rac ");
	rac_emit_u64(e, report->process.pid);
	rac_emit_string(e, "== ");
}

void rac_words_count(struct rac_emit *e, uint64_t count, const char *noun)
{
	rac_emit_u64(e, count);
	rac_emit_string(e, " ");
	rac_emit_string(e, noun);
	if (count != 1)
		rac_emit_string(e, "s");
}

void rac_words_size(struct rac_emit *e, uint64_t bytes)
{
	char text[RAC_SIZE_TEXT_MAX];

	rac_size_text(text, bytes);
	rac_emit_string(e, text);
}

void rac_words_percent(struct rac_emit *e, uint64_t part, uint64_t whole)
{
	__extension__ typedef unsigned __int128 wide;
	wide tenths = (wide)part * 1000 / whole;

	if (tenths > 10000) {
		rac_emit_string(e, "over 1000%");
		return;
	}
	rac_emit_u64(e, (uint64_t)tenths / 10);
	rac_emit_string(e, ".");
	rac_emit_u64(e, (uint64_t)tenths % 10);
	rac_emit_string(e, "%");
}

/* The name of a signal that commonly ends programs; NULL for others. */
static const char *signal_name(int64_t number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{SIGHUP, "SIGHUP"},
		{SIGINT, "SIGINT"},
		{SIGQUIT, "SIGQUIT"},
		{SIGILL, "SIGILL"},
		{SIGABRT, "SIGABRT"},
		{SIGBUS, "SIGBUS"},
		{SIGFPE, "SIGFPE"},
		{SIGKILL, "SIGKILL"},
		{SIGSEGV, "SIGSEGV"},
		{SIGPIPE, "SIGPIPE"},
		{SIGTERM, "SIGTERM"},
		{SIGXCPU, "SIGXCPU"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	return NULL;
}

static void put_signal(struct rac_emit *e, int64_t number)
{
	const char *name = signal_name(number);

	rac_emit_string(e, " by signal ");
	rac_emit_i64(e, number);
	if (name != NULL) {
		rac_emit_string(e, " (");
		rac_emit_string(e, name);
		rac_emit_string(e, ")");
	}
}

void rac_words_end(struct rac_emit *e, const struct rac_report_process *p)
{
	switch (p->end) {
	case RAC_END_EXIT:
		rac_emit_string(e, "ended");
		if (p->status != RAC_REPORT_STATUS_UNKNOWN) {
			rac_emit_string(e, " with status ");
			rac_emit_i64(e, p->status);
		}
		return;
	case RAC_END_UNDERSCORE_EXIT:
		rac_emit_string(e, "ended by _exit with status ");
		rac_emit_i64(e, p->status);
		return;
	case RAC_END_SIGNAL:
	case RAC_END_KILLED:
		rac_emit_string(e, p->end == RAC_END_SIGNAL ? "ended" : "killed");
		if (p->status != 0)
			put_signal(e, p->status);
		return;
	case RAC_END_EXEC:
		rac_emit_string(e, "replaced itself by exec");
		return;
	case RAC_END_RUNNING:
		rac_emit_string(e, "still running");
		return;
	}
	rac_emit_string(e, "ended in a way unknown to this version");
}

/* What live memory is called, by the moment at which it was counted. */
static const char *left_words(enum rac_end end)
{
	switch (end) {
	case RAC_END_RUNNING:
		return "allocated now";
	case RAC_END_EXEC:
		return "still allocated at exec";
	case RAC_END_SIGNAL:
	case RAC_END_KILLED:
		return "still allocated when it died";
	default:
		return "still allocated at exit";
	}
}

void rac_words_left(struct rac_emit *e, enum rac_end end, uint64_t bytes, uint64_t count)
{
	rac_emit_string(e, left_words(end));
	rac_emit_string(e, ": ");
	if (bytes == 0) {
		rac_emit_string(e, "nothing");
		return;
	}
	rac_words_size(e, bytes);
	if (count > 0) {
		rac_emit_string(e, " in ");
		rac_words_count(e, count, "allocation");
	}
}
