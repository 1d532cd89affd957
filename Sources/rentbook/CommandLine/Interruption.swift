import Background
import Glibc

/// Turns Ctrl-C and SIGTERM into a request to stop, so that a command ends at a safe point.
///
/// The signals are blocked before any thread starts, so every thread inherits that; one thread waits
/// for them. A second signal ends the program at once: nothing is lost, the store is durable.
enum Interruption {
  /// - Returns: the cancellation that a signal fires.
  static func install() -> Cancellation {
    let cancellation = Cancellation()
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    _ = Worker(name: "signals") {
      var waited = waited
      var received: Int32 = 0
      sigwait(&waited, &received)
      cancellation.cancel()
      sigwait(&waited, &received)
      _exit(ExitCode.interrupted.rawValue)
    }
    return cancellation
  }
}
