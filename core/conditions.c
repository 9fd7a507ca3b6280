/*
 * conditions.c - reads RAC_FAIL_ON; see conditions.h.
 */
#include "conditions.h"

#include "size_text.h"
#include <string.h>

enum bound { NEVER, MAY, MUST };
enum judge { PROCESS, RUN };

#define RAC_CONDITION_UNIT_BYTES RAC_CONDITION_BYTES
#define RAC_CONDITION_UNIT_COUNT RAC_CONDITION_COUNT

static const struct kind {
	const char *name;
	enum bound bound;
	enum rac_condition_unit unit;
	enum judge judge;
} kinds[RAC_CONDITION_KINDS] = {
#define CONDITION(id, name, bound, unit, judge, measures) \
	[RAC_CONDITION_##id] = {name, bound, RAC_CONDITION_UNIT_##unit, judge},
#include "conditions.def"
#undef CONDITION
};

#define WRITE_CONDITION \
	"write leak, leak>SIZE, leaks>COUNT, new, peak>SIZE, untracked>SIZE, growth, refused or nocuda"

/* A part of the text that is being read. */
struct part {
	const char *text;
	size_t from, to;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(struct part *p)
{
	while (p->from < p->to && is_space(p->text[p->from]))
		p->from++;
	while (p->to > p->from && is_space(p->text[p->to - 1]))
		p->to--;
}

static enum rac_status fail(
	struct rac_fault *fault, const struct part *p, const char *wrong, const char *right)
{
	*fault = (struct rac_fault){p->from, p->to - p->from, wrong, right};
	return RAC_INVALID;
}

static int kind_of(const char *name, size_t length)
{
	for (int i = 0; i < RAC_CONDITION_KINDS; i++)
		if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, name, length) == 0)
			return i;
	return -1;
}

static enum rac_status read_count(const struct part *p, uint64_t *out, struct rac_fault *fault)
{
	uint64_t value = 0;

	for (size_t i = p->from; i < p->to; i++) {
		unsigned digit = (unsigned char)p->text[i] - (unsigned)'0';

		if (digit > 9)
			return fail(fault, p, "is not a number",
				"write how many there may be, such as leaks>3");
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return fail(fault, p, "is too large", "write less than 2^64");
	}
	*out = value;
	return RAC_OK;
}

static enum rac_status read_bound(
	const struct part *p, enum rac_condition_unit unit, uint64_t *out, struct rac_fault *fault)
{
	if (p->from < p->to && p->text[p->from] == '=') {
		const struct part sign = {p->text, p->from - 1, p->from + 1};

		return fail(fault, &sign, "is not known here",
			"write > alone: a figure fails when it is above the bound");
	}
	if (unit == RAC_CONDITION_COUNT)
		return p->from < p->to ? read_count(p, out, fault)
				       : fail(fault, p, "a number is missing",
						 "write how many there may be, such as leaks>3");
	if (p->from == p->to)
		return fail(fault, p, "a size is missing",
			"write a number and a unit, such as leak>10M");
	if (rac_size_parse(p->text + p->from, p->to - p->from, out, fault) == RAC_OK)
		return RAC_OK;
	fault->offset += p->from;
	return RAC_INVALID;
}

static enum rac_status check_bound(
	const struct part *p, const struct kind *kind, bool has_bound, struct rac_fault *fault)
{
	if (kind->bound == NEVER && has_bound)
		return fail(fault, p, "has no bound", "write the name alone, without >");
	if (kind->bound == MUST && !has_bound)
		return fail(fault, p, "lacks its bound",
			kind->unit == RAC_CONDITION_BYTES
				? "write > and a size, such as peak>8G"
				: "write > and a number, such as leaks>3");
	return RAC_OK;
}

static enum rac_status read_one(struct part p, struct rac_condition *out, struct rac_fault *fault)
{
	struct part name = p, bound = p;

	trim(&p);
	if (p.from == p.to)
		return fail(fault, &p, "a condition is missing", WRITE_CONDITION);
	const char *sign = memchr(p.text + p.from, '>', p.to - p.from);

	name = bound = p;
	if (sign != NULL) {
		name.to = (size_t)(sign - p.text);
		bound.from = name.to + 1;
		trim(&name);
	}
	int kind = kind_of(p.text + name.from, name.to - name.from);

	if (kind < 0)
		return fail(fault, name.from < name.to ? &name : &p, "is no condition",
			WRITE_CONDITION);
	*out = (struct rac_condition){.kind = (enum rac_condition_kind)kind};
	enum rac_status status = check_bound(&p, &kinds[kind], sign != NULL, fault);

	if (status == RAC_OK && sign != NULL) {
		trim(&bound);
		status = read_bound(&bound, kinds[kind].unit, &out->bound, fault);
	}
	if (status == RAC_OK && p.to - p.from >= sizeof(out->text))
		return fail(fault, &p, "is too long", "leave out spaces and zeros");
	if (status == RAC_OK)
		memcpy(out->text, p.text + p.from, p.to - p.from);
	return status;
}

static enum rac_status read_all(
	const char *text, size_t length, struct rac_conditions *out, struct rac_fault *fault)
{
	struct part p = {text, 0, length};

	trim(&p);
	if (p.from == p.to)
		return RAC_OK;
	for (p.from = 0;; p.from = p.to + 1) {
		const char *comma = memchr(text + p.from, ',', length - p.from);

		p.to = comma != NULL ? (size_t)(comma - text) : length;
		if (out->count == RAC_CONDITIONS_MAX)
			return fail(fault, &p, "is one condition too many", "write at most 16");
		enum rac_status status = read_one(p, &out->entries[out->count], fault);

		if (status != RAC_OK)
			return status;
		out->count++;
		if (comma == NULL)
			return RAC_OK;
	}
}

/* What stands for a list that cannot be read, in words that a report may show. */
static void refuse(const char *text, size_t length, struct rac_conditions *out)
{
	struct rac_condition *only = &out->entries[0];
	struct rac_text t;

	memset(out, 0, sizeof(*out));
	out->count = 1;
	only->kind = RAC_CONDITION_UNREADABLE;
	rac_text_init(&t, only->text, sizeof(only->text));
	rac_text_foreign(&t, text, length, sizeof(only->text) - 1);
}

enum rac_status rac_conditions_parse(
	const char *text, size_t length, struct rac_conditions *out, struct rac_fault *fault)
{
	memset(out, 0, sizeof(*out));
	*fault = (struct rac_fault){0, 0, NULL, NULL};
	enum rac_status status = read_all(text, length, out, fault);

	if (status != RAC_OK)
		refuse(text, length, out);
	return status;
}

bool rac_condition_needs_run(enum rac_condition_kind kind)
{
	return kind < RAC_CONDITION_KINDS && kinds[kind].judge == RUN;
}

enum rac_condition_unit rac_condition_unit(const char *text)
{
	int kind = kind_of(text, strcspn(text, "> \t"));

	return kind >= 0 ? kinds[kind].unit : RAC_CONDITION_COUNT;
}
