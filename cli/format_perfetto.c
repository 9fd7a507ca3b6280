/*
 * format_perfetto.c - a trace for ui.perfetto.dev (protos/perfetto/trace of that project): a span for the
 * process, with what is not bound to a moment as its arguments, and a counter for each device, each cap and
 * each module that allocated. Without a timeline a counter has its last value alone: when the peak was is
 * not known then.
 */
#include "checked.h"
#include "export.h"
#include "intern.h"
#include "protobuf.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

enum trace { TRACE_PACKET = 1 };
enum packet {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_DESCRIPTOR = 60,
};
enum descriptor {
	DESCRIPTOR_UUID = 1,
	DESCRIPTOR_NAME = 2,
	DESCRIPTOR_PROCESS = 3,
	DESCRIPTOR_PARENT = 5,
	DESCRIPTOR_COUNTER = 8,
};
enum process { PROCESS_PID = 1, PROCESS_NAME = 6 };
enum counter { COUNTER_UNIT = 3, COUNTER_UNIT_BYTES = 3 };
enum event {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_COUNTER_VALUE = 30,
};
enum event_type { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_COUNTER = 4 };
enum annotation { ANNOTATION_UINT = 3, ANNOTATION_NAME = 10 };

#define SEQUENCE    1 /* all packets are of one writer */
#define TRACK_FIRST 1 /* the process; counters follow */

/* One module in one place. */
struct owner {
	size_t place;
	const char *name;
	uint64_t level;
};

struct trace_writer {
	struct rac_proto out, packet, body, inner;
	struct rac_sink *sink;
	const struct rac_report *report;
	struct rac_stacks *stacks;
	struct owner *owners; /* one for each stack; those of one module are the first one's */
	size_t *owner_of;     /* of each stack */
	size_t owner_count;
	uint64_t *levels; /* of each stack */
	bool failed;
};

static uint64_t place_track(size_t place)
{
	return TRACK_FIRST + 1 + 2 * place;
}

static uint64_t limit_track(size_t place)
{
	return place_track(place) + 1;
}

static uint64_t owner_track(const struct trace_writer *w, size_t owner)
{
	return place_track(w->stacks->place_count) + owner;
}

/* Writes w->packet, which needs its sequence yet. */
static void put_packet(struct trace_writer *w)
{
	rac_proto_u64(&w->packet, PACKET_SEQUENCE, SEQUENCE);
	rac_proto_message(&w->out, TRACE_PACKET, &w->packet);
	rac_proto_clear(&w->packet);
	w->failed =
		w->failed || w->out.failed || w->packet.failed || w->body.failed || w->inner.failed;
	if (!w->failed)
		w->failed = !w->sink->write(w->sink->context, w->out.bytes, w->out.used);
	rac_proto_clear(&w->out);
}

/* A counter of bytes below the process. */
static void describe_counter(
	struct trace_writer *w, uint64_t track, const char *place, const char *what)
{
	char name[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	rac_text_init(&t, name, sizeof(name));
	rac_text_string(&t, place);
	rac_text_string(&t, " ");
	rac_text_string(&t, what);
	rac_proto_clear(&w->body);
	rac_proto_clear(&w->inner);
	rac_proto_u64(&w->body, DESCRIPTOR_UUID, track);
	rac_proto_string(&w->body, DESCRIPTOR_NAME, name);
	rac_proto_u64(&w->body, DESCRIPTOR_PARENT, TRACK_FIRST);
	rac_proto_u64(&w->inner, COUNTER_UNIT, COUNTER_UNIT_BYTES);
	rac_proto_message(&w->body, DESCRIPTOR_COUNTER, &w->inner);
	rac_proto_message(&w->packet, PACKET_DESCRIPTOR, &w->body);
	put_packet(w);
}

static void describe_tracks(struct trace_writer *w)
{
	const struct rac_report_process *p = &w->report->process;
	const char *program =
		rac_clean(&w->stacks->cleaner, rac_base_name(rac_or_empty(p->executable)));

	rac_proto_clear(&w->body);
	rac_proto_clear(&w->inner);
	rac_proto_u64(&w->body, DESCRIPTOR_UUID, TRACK_FIRST);
	/* An int32 there. */
	rac_proto_u64(&w->inner, PROCESS_PID, p->pid & INT32_MAX);
	rac_proto_string(&w->inner, PROCESS_NAME, program);
	rac_proto_message(&w->body, DESCRIPTOR_PROCESS, &w->inner);
	rac_proto_message(&w->packet, PACKET_DESCRIPTOR, &w->body);
	put_packet(w);
	for (size_t i = 0; i < w->stacks->place_count; i++) {
		describe_counter(w, place_track(i), w->stacks->places[i], "live");
		if (i < w->report->device_count &&
			w->report->devices[i].limit_bytes != RAC_NO_LIMIT)
			describe_counter(w, limit_track(i), w->stacks->places[i], "cap");
	}
	for (size_t i = 0; i < w->owner_count; i++)
		describe_counter(w, owner_track(w, i), w->stacks->places[w->owners[i].place],
			w->owners[i].name);
}

static void put_counter(struct trace_writer *w, uint64_t at_ns, uint64_t track, uint64_t value)
{
	rac_proto_clear(&w->body);
	rac_proto_u64(&w->body, EVENT_TYPE, TYPE_COUNTER);
	rac_proto_u64(&w->body, EVENT_TRACK, track);
	rac_proto_u64_even_0(&w->body, EVENT_COUNTER_VALUE, value < INT64_MAX ? value : INT64_MAX);
	rac_proto_u64_even_0(&w->packet, PACKET_TIMESTAMP, at_ns);
	rac_proto_message(&w->packet, PACKET_EVENT, &w->body);
	put_packet(w);
}

static void annotate(struct trace_writer *w, const char *name, uint64_t value)
{
	rac_proto_clear(&w->inner);
	rac_proto_string(&w->inner, ANNOTATION_NAME, name);
	rac_proto_u64_even_0(&w->inner, ANNOTATION_UINT, value);
	rac_proto_message(&w->body, EVENT_ANNOTATION, &w->inner);
}

static void annotate_device(struct trace_writer *w, size_t device)
{
	const struct rac_device_snapshot *d = &w->report->devices[device];
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = {
		{"peak_bytes", d->peak_bytes},
		{"live_bytes", d->live_bytes},
		{"limit_bytes", d->limit_bytes},
		{"allocations", d->allocations},
		{"frees", d->frees},
		{"refused", d->refused},
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		char name[64];
		struct rac_text t;

		rac_text_init(&t, name, sizeof(name));
		rac_text_string(&t, w->stacks->places[device]);
		rac_text_string(&t, " ");
		rac_text_string(&t, figures[i].name);
		annotate(w, name, figures[i].value);
	}
}

static void put_process(struct trace_writer *w, uint64_t end_ns)
{
	const struct rac_report_process *p = &w->report->process;

	rac_proto_clear(&w->body);
	rac_proto_u64(&w->body, EVENT_TYPE, TYPE_BEGIN);
	rac_proto_u64(&w->body, EVENT_TRACK, TRACK_FIRST);
	rac_proto_string(&w->body, EVENT_NAME,
		rac_clean(&w->stacks->cleaner, rac_base_name(rac_or_empty(p->executable))));
	for (size_t i = 0; i < w->report->device_count; i++)
		annotate_device(w, i);
	rac_proto_u64_even_0(&w->packet, PACKET_TIMESTAMP, 0);
	rac_proto_message(&w->packet, PACKET_EVENT, &w->body);
	put_packet(w);
	rac_proto_clear(&w->body);
	rac_proto_u64(&w->body, EVENT_TYPE, TYPE_END);
	rac_proto_u64(&w->body, EVENT_TRACK, TRACK_FIRST);
	rac_proto_u64_even_0(&w->packet, PACKET_TIMESTAMP, end_ns);
	rac_proto_message(&w->packet, PACKET_EVENT, &w->body);
	put_packet(w);
}

/* Brings a sum of levels up to date with one that changes. */
static void shift(uint64_t *sum, uint64_t from, uint64_t to)
{
	*sum = rac_saturating_sub(*sum, from);
	if (!rac_checked_add(*sum, to, sum))
		*sum = UINT64_MAX;
}

static void set_level(struct trace_writer *w, size_t stack, uint64_t level, uint64_t at_ns)
{
	size_t owner = w->owner_of[stack];

	shift(&w->owners[owner].level, w->levels[stack], level);
	w->levels[stack] = level;
	put_counter(w, at_ns, owner_track(w, owner), w->owners[owner].level);
}

static void put_timeline(struct trace_writer *w, const size_t *stack_of)
{
	const struct rac_report_timeline *timeline = &w->report->timeline;

	for (size_t i = 0; i < timeline->count && !w->failed; i++) {
		const struct rac_report_event *event = &timeline->events[i];
		size_t stack = event->site != RAC_REPORT_NO_SITE ? stack_of[event->site] : 0;
		size_t place = rac_report_event_place(w->report, event);

		if (stack > 0)
			set_level(w, stack - 1, event->live_bytes, event->at_ns);
		put_counter(w, event->at_ns, place_track(place), event->device_bytes);
	}
}

static void put_limits(struct trace_writer *w, uint64_t at_ns)
{
	for (size_t i = 0; i < w->report->device_count; i++)
		if (w->report->devices[i].limit_bytes != RAC_NO_LIMIT)
			put_counter(w, at_ns, limit_track(i), w->report->devices[i].limit_bytes);
}

/* What the report says of the end. */
static void put_end(struct trace_writer *w, uint64_t end_ns)
{
	for (size_t i = 0; i < w->stacks->count; i++) {
		uint64_t live = w->stacks->stacks[i].values[RAC_VALUE_LIVE_BYTES];

		shift(&w->owners[w->owner_of[i]].level, w->levels[i], live);
	}
	for (size_t i = 0; i < w->owner_count; i++)
		put_counter(w, end_ns, owner_track(w, i), w->owners[i].level);
	for (size_t i = 0; i < w->report->device_count; i++)
		put_counter(w, end_ns, place_track(i), w->report->devices[i].live_bytes);
	put_counter(
		w, end_ns, place_track(w->report->device_count), w->report->host_pinned.live_bytes);
	put_limits(w, end_ns);
}

static int compare_owners(const void *a, const void *b)
{
	const struct owner *one = ((const struct rac_interned *)a)->key;
	const struct owner *other = ((const struct rac_interned *)b)->key;

	if (one->place != other->place)
		return one->place < other->place ? -1 : 1;
	return strcmp(one->name, other->name);
}

static void find_owners(struct trace_writer *w)
{
	struct rac_intern known = {.compare = compare_owners};

	for (size_t i = 0; i < w->stacks->count; i++) {
		const struct rac_stack *stack = &w->stacks->stacks[i];
		struct owner *owner = &w->owners[w->owner_count];
		bool fresh;

		*owner = (struct owner){.place = stack->place,
			.name = stack->owner[0] != '\0' ? stack->owner : "(owner unknown)"};
		w->owner_of[i] = rac_intern(&known, owner, &fresh) - 1;
		w->owner_count += fresh;
	}
	w->failed = w->failed || known.failed;
	rac_intern_free(&known);
}

/* Sites without figures have no stack. */
static void put_trace(struct trace_writer *w, size_t *stack_of)
{
	const struct rac_report *report = w->report;
	uint64_t end_ns = report->timeline.count > 0
		? report->timeline.events[report->timeline.count - 1].at_ns
		: 0;

	if (report->process.elapsed_ns != RAC_REPORT_TIME_UNKNOWN &&
		report->process.elapsed_ns > end_ns)
		end_ns = report->process.elapsed_ns;
	for (size_t i = 0; i < w->stacks->count; i++)
		if (w->stacks->stacks[i].site != NULL)
			stack_of[w->stacks->stacks[i].site - report->sites] = i + 1;
	find_owners(w);
	if (w->failed)
		return;
	describe_tracks(w);
	put_process(w, end_ns);
	put_limits(w, 0);
	put_timeline(w, stack_of);
	put_end(w, end_ns);
}

bool rac_format_perfetto(
	const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	const struct rac_report *report = &in->reports[0].report;
	struct rac_stacks stacks;
	struct trace_writer w = {.sink = sink, .report = report, .stacks = &stacks};
	size_t *stack_of;

	if (!rac_stacks_make(report, &stacks))
		return rac_complain(c, "no memory for the stacks");
	w.owners = calloc(stacks.count + 1, sizeof(*w.owners));
	w.owner_of = calloc(stacks.count + 1, sizeof(*w.owner_of));
	w.levels = calloc(stacks.count + 1, sizeof(*w.levels));
	stack_of = calloc(report->site_count + 1, sizeof(*stack_of));
	w.failed = w.owners == NULL || w.owner_of == NULL || w.levels == NULL || stack_of == NULL;
	if (!w.failed)
		put_trace(&w, stack_of);
	free(w.owners);
	free(w.owner_of);
	free(w.levels);
	free(stack_of);
	rac_proto_free(&w.out);
	rac_proto_free(&w.packet);
	rac_proto_free(&w.body);
	rac_proto_free(&w.inner);
	rac_stacks_free(&stacks);
	return !w.failed || rac_complain(c, "the trace could not be written");
}
