/*
 * A plugin whose frames are looked at after it is gone. Two are built from this: equal but for what
 * `PLUGIN` adds, so that one fits where the other was.
 */
typedef int (*plugin_callback)(void *context);

int plugin_call(plugin_callback call, void *context);
int plugin_padding(int x);

/* What differs: the frame of plugin_call, and its code. */
int plugin_call(plugin_callback call, void *context)
{
	volatile char room[64 * PLUGIN];

	room[0] = (char)PLUGIN;
	return call(context) + room[0];
}

int plugin_padding(int x)
{
	return x * PLUGIN;
}
