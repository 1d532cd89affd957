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
  /// While events come this close together, one run sends what they change.
  private static let lingerNanoseconds: UInt64 = 1_000_000_000

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

  /// Fetches what events name and sends it, both at the same time.
  private func work() throws(SyncError) -> EventWorker.Outcome {
    let result = Lock<Result<EventWorker.Outcome, SyncError>>(.success(EventWorker.Outcome()))
    _ = try engine.run(SyncOptions(direction: .push), cancellation: cancellation) {
      [events, mailbox, cancellation] feeding in
      let fed: Result<EventWorker.Outcome, SyncError>
      do throws(SyncError) {
        fed = .success(
          try events.feed(feeding, cancellation) {
            let signals = mailbox.waitAndTakeAll(nanoseconds: Self.lingerNanoseconds)
            // That it is to stop is for the pump to hear.
            if signals.contains(.stop) { mailbox.post(.stop) }
            return signals.contains(.wake) && !signals.contains(.stop)
          })
      } catch { fed = .failure(error) }
      result.withLock { $0 = fed }
    }
    return try result.withLock(\.self).get()
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
        let hasEvents = try events.hasWaiting()
        guard mustSend || hasEvents else { continue }
        mustSend = true
        let outcome = try work()
        mustSend = false
        if let stop = outcome.stop {
          observer(stop.message)
          pause = Self.pauseNanoseconds
        } else if outcome.done > 0 {
          // There may be more than one go takes; whoever waits for the store comes first.
          pause = events.isWanted ? Self.shortPauseNanoseconds : 0
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
