import Background
import Domain
import Storage

/// Keeps working on events as they are stored, and sends on what they changed, until it is stopped.
public final class EventPump: Sendable {
  private enum Signal: Sendable { case wake, stop }

  /// Without a word it looks again after so long: for events that waited for their retry.
  private static let restNanoseconds: UInt64 = 15_000_000_000
  /// After a failure of a whole service, or while another synchronization runs.
  private static let pauseNanoseconds: UInt64 = 5_000_000_000
  private static let shortPauseNanoseconds: UInt64 = 250_000_000

  private let events: EventWorker
  private let engine: SyncEngine
  private let observer: @Sendable (String) -> Void
  private let mailbox = Mailbox<Signal>()
  private let cancellation = Cancellation()
  private let worker: Lock<Worker?> = Lock(nil)

  /// A pump that runs from now on.
  ///
  /// - Parameter observer: told in a sentence what went wrong.
  public init(
    events: EventWorker, engine: SyncEngine, observer: @escaping @Sendable (String) -> Void
  ) {
    (self.events, self.engine, self.observer) = (events, engine, observer)
    worker.withLock {
      $0 = Worker(name: "pump") { [weak self] in self?.run() }
    }
    wake()
  }

  /// There is something new to work on.
  public func wake() { mailbox.post(.wake) }

  /// Stops at the next safe point and returns then. What was not done waits in the store.
  public func stop() {
    cancellation.cancel()
    mailbox.post(.stop)
    worker.withLock(\.self)?.join()
  }

  private func run() {
    var pause = Self.restNanoseconds
    // What an earlier start fetched may not have been sent.
    var mustSend = true
    while !cancellation.isCancelled {
      let signals = mailbox.waitAndTakeAll(nanoseconds: pause)
      if signals.contains(.stop) || cancellation.isCancelled { return }
      pause = Self.restNanoseconds
      do throws(SyncError) {
        let outcome = try events.work(cancellation)
        if outcome.fetched > 0 { mustSend = true }
        if mustSend {
          _ = try engine.run(SyncOptions(direction: .push), cancellation: cancellation)
          mustSend = false
        }
        if outcome.isBusy { pause = Self.shortPauseNanoseconds }
        if let stop = outcome.stop {
          observer(stop.message)
          pause = Self.pauseNanoseconds
        } else if outcome.done > 0 {
          // There may be more than one go takes.
          pause = 0
        }
      } catch {
        switch error {
        case .cancelled: return
        case .alreadyRunning: pause = Self.shortPauseNanoseconds
        case .store(let failure):
          observer(failure.message)
          pause = Self.pauseNanoseconds
        case .service(let failure):
          observer(failure.message)
          pause = Self.pauseNanoseconds
        }
      }
    }
  }
}
