import CTerm

/// What wakes the main thread besides keys: signals, and other threads.
///
/// Make it first of all in `main`: it blocks the signals TERM, INT, HUP, WINCH, TSTP and CONT in the
/// calling thread, and threads inherit that only from a thread that has done so already. From then
/// on a program without a device must look at ``next()`` itself.
public struct TerminalSignals: Sendable {
  let signals: Int32
  let wakes: Int32

  /// Blocks the signals and opens the two descriptors; nil when the system has none left.
  public init?() {
    signals = cterm_block_signals()
    wakes = cterm_wake_open()
    guard signals >= 0, wakes >= 0 else { return nil }
  }

  /// Makes the device's wait return ``Terminal/TerminalEvent/woken``. From any thread.
  public var wake: @Sendable () -> Void {
    let wakes = wakes
    return { cterm_wake(wakes) }
  }

  /// The next signal that arrived; nil when there is none. Never waits.
  public func next() -> Int32? {
    let signal = cterm_read_signal(signals)
    return signal == 0 ? nil : signal
  }
}
