/*
 * test_cgroup_text.c - what the kernel's files about control groups say.
 */
#include "cgroup_text.h"
#include <criterion/criterion.h>
#include <string.h>

#define PCI "0000:03:00.0"

static uint64_t limit_of(const char *text, const char *pci)
{
	uint64_t bytes = 4711;

	return rac_dmem_limit(text, strlen(text), pci, &bytes) ? bytes : UINT64_MAX;
}

Test(cgroup_text, the_limit_of_a_device_is_found_by_its_pci_address)
{
	static const char text[] = "drm/0000:02:00.0/vram0 111\n"
				   "nvidia/0000:03:00.0/vidmem 8589934592\n"
				   "drm/0000:c6:00.1/vram max\n";

	cr_assert_eq(limit_of(text, PCI), UINT64_C(8589934592));
	cr_assert_eq(limit_of(text, "00000000:03:00.0"), UINT64_C(8589934592));
	cr_assert_eq(limit_of(text, "0:3:0.0"), UINT64_C(8589934592));
	cr_assert_eq(limit_of(text, "0000:02:00.0"), 111);
	cr_assert_eq(limit_of(text, "0000:C6:00.1"), UINT64_MAX, "max is no limit");
	cr_assert_eq(limit_of(text, "0000:04:00.0"), UINT64_MAX, "another device");
	cr_assert_eq(limit_of(text, "0001:03:00.0"), UINT64_MAX, "another domain");
}

Test(cgroup_text, of_several_regions_the_smallest_limit_counts)
{
	cr_assert_eq(
		limit_of("drm/" PCI "/vram0 30\ndrm/" PCI "/vram1 20\ndrm/" PCI "/stolen max", PCI),
		20);
}

Test(cgroup_text, what_cannot_be_read_limits_nothing)
{
	static const char *const texts[] = {"", "\n\n", "drm/" PCI, "drm/" PCI " ", "drm/" PCI " x",
		"drm/" PCI " 12x", "drm/" PCI " -1", "drm/" PCI " 99999999999999999999999", "5",
		"drm 5", PCI "x 5", "a/b/c 5", ":: 5", "0000:03:00 5", "0000:0g:00.0 5"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(limit_of(texts[i], PCI), UINT64_MAX, "'%s'", texts[i]);
	cr_assert_eq(limit_of("drm/" PCI "/vram0 5", ""), UINT64_MAX);
	cr_assert_eq(limit_of("drm/" PCI "/vram0 5", "GPU-1"), UINT64_MAX);
	cr_assert_eq(limit_of("drm/" PCI "/vram0 0", PCI), 0, "nothing is allowed");
}

static const char *path_of(const char *text)
{
	static char found[64];
	const char *path;
	size_t length;

	if (!rac_cgroup_path(text, strlen(text), &path, &length))
		return NULL;
	memcpy(found, path, length);
	found[length] = '\0';
	return found;
}

Test(cgroup_text, the_group_of_version_2_is_the_one_without_a_controller)
{
	cr_assert_str_eq(path_of("0::/user.slice/a\n"), "/user.slice/a");
	cr_assert_str_eq(path_of("9:name=systemd:/x\n4:memory:/m\n0::/\n"), "/");
	cr_assert_str_eq(path_of("0::/a:b"), "/a:b");
	cr_assert_null(path_of("4:memory:/m\n"));
	cr_assert_null(path_of("10::/x\n"));
	cr_assert_null(path_of("0::/../beside\n"));
	cr_assert_null(path_of(""));
	cr_assert_null(path_of("0::"));
}
