// libinih's parser of configurations, with line numbers.
#pragma once
#include <stddef.h>

/// libinih over a text in memory, with the line's number. The handler returns 0 to stop. Returns 0, or the number of
/// the line that isn't INI. Lines of more than CONFIGURATION_LINE bytes must be refused before.
#define CONFIGURATION_LINE 190
#define CONFIGURATION_NAME 48
typedef int (*configuration_handler)(void *user, int line, const char *section, const char *key, const char *value);
int configuration_parse(const char *text, size_t length, configuration_handler handler, void *user);
