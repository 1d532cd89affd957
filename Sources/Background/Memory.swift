import CMalloc

/// How the C library's allocator serves the threads.
public enum Memory {
  /// Has all threads share one arena; to be called before the first thread is started.
  ///
  /// Threads here wait more than they work. With an arena for each, as is usual, a first sync kept
  /// a third more memory resident and was no faster.
  public static func shareOneArena() { mallopt(M_ARENA_MAX, 1) }
}
