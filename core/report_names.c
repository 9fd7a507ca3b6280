/*
 * report_names.c - the words that reports use for ends, grades, trends and kinds, expanded from the lists in report.h and
 * kept in place, as in status.c.
 */
#include "report.h"

const char *rac_end_name(enum rac_end end)
{
	static const char names[][16] = {
#define X(id, name) [RAC_END_##id] = name,
		RAC_END_LIST(X)
#undef X
	};
	unsigned index = (unsigned)end;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

const char *rac_grade_name(enum rac_grade grade)
{
	static const char names[][16] = {
#define X(id, name) [RAC_GRADE_##id] = name,
		RAC_GRADE_LIST(X)
#undef X
	};
	unsigned index = (unsigned)grade;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

const char *rac_trend_name(enum rac_trend trend)
{
	static const char names[][16] = {
#define X(id, name) [RAC_TREND_##id] = name,
		RAC_TREND_LIST(X)
#undef X
	};
	unsigned index = (unsigned)trend;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

const char *rac_report_kind_name(unsigned kind)
{
	return kind == RAC_KIND_PINNED ? "pinned" : rac_kind_name((enum rac_kind)kind);
}
