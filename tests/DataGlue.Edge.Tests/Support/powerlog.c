// Writes a journal of all that a process does to a database and its write-ahead log: each write with its bytes, and what makes it durable.
// Loaded with LD_PRELOAD; DISK_DATABASE is the path of the database, DISK_JOURNAL that of the journal.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE, SYNC, UNLINK };
enum file { DATABASE, LOG, FOLDER, OTHER };

struct record {
  uint32_t kind;
  uint32_t file;
  int64_t offset;  // of a truncation: the new length
  int64_t length;  // of the bytes that follow
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char paths[3][PATH_MAX];

__attribute__((constructor)) static void begin(void) {
  const char *database = getenv("DISK_DATABASE");
  const char *path = getenv("DISK_JOURNAL");
  if (!database || !path) return;
  snprintf(paths[DATABASE], PATH_MAX, "%s", database);
  snprintf(paths[LOG], PATH_MAX, "%s-wal", database);
  snprintf(paths[FOLDER], PATH_MAX, "%.*s", (int)(strrchr(database, '/') - database), database);
  journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static enum file named(const char *path) {
  for (int i = 0; i < OTHER; i++)
    if (journal >= 0 && strcmp(path, paths[i]) == 0) return i;
  return OTHER;
}

static enum file opened(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return OTHER;
  path[length] = 0;
  return named(path);
}

static void note(enum kind kind, enum file file, int64_t offset, const void *bytes, size_t length) {
  if (file == OTHER) return;
  int error = errno;
  struct record record = {kind, file, offset, length};
  struct iovec parts[] = {{&record, sizeof record}, {(void *)bytes, length}};
  pthread_mutex_lock(&gate);
  if (writev(journal, parts, 2) != (ssize_t)(sizeof record + length)) abort();
  pthread_mutex_unlock(&gate);
  errno = error;
}

// A write may reach the disk as soon as it is begun; what a sync promises holds once it has returned.
ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
  note(WRITE, opened(descriptor), offset, bytes, length);
  return syscall(SYS_pwrite64, descriptor, bytes, length, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) { return pwrite64(descriptor, bytes, length, offset); }

int ftruncate64(int descriptor, off64_t length) {
  note(TRUNCATE, opened(descriptor), length, NULL, 0);
  return syscall(SYS_ftruncate, descriptor, length);
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int fsync(int descriptor) {
  int result = syscall(SYS_fsync, descriptor);
  if (result == 0) note(SYNC, opened(descriptor), 0, NULL, 0);
  return result;
}

int fdatasync(int descriptor) {
  int result = syscall(SYS_fdatasync, descriptor);
  if (result == 0) note(SYNC, opened(descriptor), 0, NULL, 0);
  return result;
}

int unlink(const char *path) {
  note(UNLINK, named(path), 0, NULL, 0);
  return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
