/*
 * report_read_verdict.c - the verdict of a JSON report, with the rules and checkpoints that it took into account.
 */
#include "report_read_parts.h"

#include "checkpoints.h"
#include "rules.h"
#include <string.h>

static const struct rac_field condition_fields[] = {
	NEEDED("condition", TEXT, struct rac_report_condition, condition),
	NEEDED("value", COUNT, struct rac_report_condition, value),
	NEEDED("failed", BOOL, struct rac_report_condition, failed),
	OPTIONAL("unjudged", TEXT, struct rac_report_condition, unjudged),
};

static const struct rac_field rule_fields[] = {
	NEEDED("rule", TEXT, struct rac_rule, text),
	NEEDED("bytes", COUNT, struct rac_rule, bytes),
	NEEDED("count", COUNT, struct rac_rule, count),
};

/* The members of an array of objects. False: it is none, which is said. */
static bool need_array(struct rac_report_reading *r, const struct rac_place *place, const char *key,
	const struct rac_node *array)
{
	if (array != NULL && rac_node_kind(array) != RAC_NODE_ARRAY)
		return rac_field_complain(&r->fields, place, key, array, "an array");
	for (size_t i = 0; i < rac_node_length(array); i++) {
		const struct rac_place at = {place, key, i};
		const struct rac_node *member = rac_node_at(array, i);

		if (rac_node_kind(member) != RAC_NODE_OBJECT)
			return rac_field_complain(&r->fields, &at, NULL, member, "an object");
	}
	return true;
}

static bool read_conditions(struct rac_report_reading *r, const struct rac_place *verdict,
	const struct rac_node *conditions, struct rac_report *out)
{
	struct rac_report_condition *to;

	if (!need_array(r, verdict, "conditions", conditions))
		return false;
	out->condition_count = rac_node_length(conditions);
	out->conditions = to = rac_reading_room(r, out->condition_count, sizeof(*to));
	for (size_t i = 0; to != NULL && i < out->condition_count; i++) {
		const struct rac_place at = {verdict, "conditions", i};

		if (!rac_fields_read(&r->fields, &at, rac_node_at(conditions, i), condition_fields,
			    COUNT(condition_fields), &to[i]))
			return false;
	}
	return to != NULL;
}

/* Of a rule's bounds no more is told than whether they were passed. */
static bool read_rules(struct rac_report_reading *r, const struct rac_place *verdict,
	const struct rac_node *rules, struct rac_report *out)
{
	struct rac_rule *to;

	if (!need_array(r, verdict, "rules", rules))
		return false;
	out->rule_count = rac_node_length(rules);
	out->rules = to = rac_reading_room(r, out->rule_count, sizeof(*to));
	for (size_t i = 0; to != NULL && i < out->rule_count; i++) {
		const struct rac_place at = {verdict, "rules", i};
		bool exceeded = false;
		const struct rac_field field = {"exceeded", RAC_FIELD_BOOL, true, 0, sizeof(bool)};
		const struct rac_node *rule = rac_node_at(rules, i);

		if (!rac_fields_read(
			    &r->fields, &at, rule, rule_fields, COUNT(rule_fields), &to[i]) ||
			!rac_fields_read(&r->fields, &at, rule, &field, 1, &exceeded))
			return false;
		to[i].text_bytes = strlen(to[i].text);
		to[i].max_bytes = UINT64_MAX;
		to[i].max_count = exceeded && to[i].count > 0 ? 0 : UINT64_MAX;
	}
	return to != NULL;
}

static const struct rac_field checkpoint_fields[] = {
	NEEDED("number", COUNT, struct rac_report_checkpoint, number),
	OPTIONAL("name", TEXT, struct rac_report_checkpoint, name),
	NEEDED("at_ns", COUNT, struct rac_report_checkpoint, at_ns),
	NEEDED("live_bytes", COUNT, struct rac_report_checkpoint, live_bytes),
};

/* As the process keeps them, the newest in the place that its number has. */
static bool read_checkpoints(struct rac_report_reading *r, struct rac_report *out)
{
	const struct rac_node *array = rac_node_get(r->document, "checkpoints");
	struct rac_checkpoints *to;

	if (array == NULL)
		return true;
	to = rac_reading_room(r, 1, sizeof(*to));
	if (to == NULL || !need_array(r, NULL, "checkpoints", array))
		return false;
	for (size_t i = 0; i < rac_node_length(array); i++) {
		const struct rac_place at = {NULL, "checkpoints", i};
		struct rac_report_checkpoint one = {.name = ""};

		if (!rac_fields_read(&r->fields, &at, rac_node_at(array, i), checkpoint_fields,
			    COUNT(checkpoint_fields), &one))
			return false;
		rac_checkpoint_put(to, &one);
	}
	out->checkpoints = to;
	return true;
}

static bool read_search(struct rac_report_reading *r, struct rac_report *out)
{
	static const struct rac_field fields[] = {
		OPTIONAL("failed", TEXT, struct rac_report_search, failed),
		OPTIONAL("bytes", COUNT, struct rac_report_search, bytes),
		OPTIONAL("driver_copies", COUNT, struct rac_report_search, driver_copies),
	};
	const struct rac_place place = {NULL, "search", RAC_NO_INDEX};
	const struct rac_node *search = rac_node_get(r->document, "search");

	if (search == NULL)
		return true;
	if (rac_node_kind(search) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, NULL, "search", search, "an object");
	out->search.is_asked = true;
	return rac_fields_read(&r->fields, &place, search, fields, COUNT(fields), &out->search);
}

bool rac_reading_verdict(struct rac_report_reading *r, struct rac_report *out)
{
	const struct rac_place place = {NULL, "verdict", RAC_NO_INDEX};
	const struct rac_field exit_code = {
		"exit_code", RAC_FIELD_INT, false, offsetof(struct rac_report, exit_code), 0};
	const struct rac_node *verdict = rac_node_get(r->document, "verdict");

	if (verdict != NULL && rac_node_kind(verdict) != RAC_NODE_OBJECT)
		return rac_field_complain(&r->fields, NULL, "verdict", verdict, "an object");
	return read_checkpoints(r, out) && read_search(r, out) &&
		read_conditions(r, &place, rac_node_get(verdict, "conditions"), out) &&
		read_rules(r, &place, rac_node_get(verdict, "rules"), out) &&
		rac_fields_read(&r->fields, &place, verdict, &exit_code, 1, out);
}
