/*
 * presence_load.c - puts right, at load, what was bound to our exports though there is no such function
 * of CUDA; presence.c says why.
 *
 * A program without CUDA pays for one look at the slots of its objects that are not merely called
 * through: nothing is written, unless one of them leads to us.
 */
#include "at_start.h"
#include "definer.h"
#include "elf_references.h"
#include "presence.h"
#include "presence_parts.h"

/* By these a library is told that has functions of its own by the names of the driver or of NVML. */
RAC_AT_START_DATA static char telling[][sizeof("nvmlDeviceGetMemoryInfo")] = {
	"cuInit", "nvmlDeviceGetMemoryInfo"};

#define TELLING (sizeof(telling) / sizeof(telling[0]))

struct survey {
	size_t objects;
	bool is_bound_to_us, has_stand_in;
	uint32_t hashes[TELLING];
};

/* The dynamic linker's functions are there only where libdl.so.2 is, before glibc 2.34. */
RAC_AT_START_CODE static bool note_reference(
	void *context, const struct rac_object *object, const struct rac_reference *reference)
{
	struct survey *survey = context;

	(void)object;
	survey->is_bound_to_us = !rac_presence_is_own(reference->name) &&
		(reference->weak || rac_presence_is_hook(reference->name));
	return !survey->is_bound_to_us;
}

RAC_AT_START_CODE static bool is_stand_in(
	const struct survey *survey, const struct rac_object *object)
{
	uint32_t symbol;

	for (size_t i = 0; i < TELLING; i++)
		if (rac_object_function_hashed(object, telling[i], survey->hashes[i], &symbol) !=
				0 &&
			!rac_presence_is_of(object, rac_presence_library(telling[i])))
			return true;
	return false;
}

/* A weak reference is asked for its address, so its slot is not one that is only called through. Calls
 * matter where a library has such functions of its own. */
RAC_AT_START_CODE static bool survey_object(void *context, const struct rac_object *object)
{
	struct survey *survey = context;

	survey->objects++;
	if (rac_object_is_ours(object))
		return true;
	survey->has_stand_in = survey->has_stand_in || is_stand_in(survey, object);
	if (!survey->is_bound_to_us)
		rac_object_each_reference(object, false, note_reference, survey);
	return true;
}

/* What the loader would have put there without us. */
static bool put_right(
	void *context, const struct rac_object *object, const struct rac_reference *reference)
{
	const char *name = reference->name;
	bool is_hook = rac_presence_is_hook(name);

	(void)context;
	if (rac_presence_is_own(name) || (is_hook && rac_presence_is_at_start(name)))
		return true;
	uintptr_t function = rac_definer_find(object, name);

	if (function == 0 ? reference->weak : is_hook)
		rac_reference_set(object, reference, function + reference->addend);
	return true;
}

static bool put_object_right(void *context, const struct rac_object *object)
{
	const struct survey *survey = context;

	if (!rac_object_is_ours(object))
		rac_object_each_reference(object, survey->has_stand_in, put_right, NULL);
	return true;
}

RAC_AT_START_CODE void rac_presence_start(void)
{
	struct survey survey = {0};

	for (size_t i = 0; i < TELLING; i++)
		survey.hashes[i] = rac_symbol_hash(telling[i]);
	rac_object_each(survey_object, &survey);
	rac_definer_note_start(survey.objects);
	if (survey.is_bound_to_us || survey.has_stand_in)
		rac_object_each(put_object_right, &survey);
	/* Its calls may be bound when they are made. */
	if (survey.has_stand_in)
		rac_presence_answer();
}
