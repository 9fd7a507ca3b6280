/*
 * doctor_symbols.c - the check of `rac doctor` whether call stacks can be named.
 */
#include "doctor.h"

#include "demangle.h"
#include "symbols.h"

void rac_doctor_symbols(struct rac_findings *f)
{
	const char *library = rac_symbols_library();

	if (library == NULL)
		rac_finding_remedy(rac_finding_add(f, "symbols", RAC_FINDING_NOTE,
					   "functions and lines are not named: rac was built "
					   "without elfutils"),
			"apt-get install libdw-dev, then make");
	else
		rac_finding_add(
			f, "symbols", RAC_FINDING_OK, "%s names functions and lines", library);
	if (library != NULL && !rac_demangles())
		rac_finding_remedy(rac_finding_add(f, "symbols", RAC_FINDING_NOTE,
					   "names of C++ and Rust stay mangled: rac was built "
					   "without libiberty"),
			"apt-get install libiberty-dev, then make");
}
