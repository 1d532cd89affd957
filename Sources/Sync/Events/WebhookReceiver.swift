import Background
import Domain
import Storage
import Vault

/// Takes a service's events in: what is genuine is stored durably before it is answered.
///
/// Events that arrive together are stored in one transaction, so that a thousand a second need not
/// wait for the disk a thousand times.
public final class WebhookReceiver: Sendable {
  /// The largest event taken, in bytes; the service's own have some hundred.
  public static let bodyBytesMax = 64 << 10
  /// The longest name of an event that is believed, in characters.
  private static let nameMax = 200
  /// How long a caller waits for the disk before it is told to come again.
  private static let patienceNanoseconds: UInt64 = 9_000_000_000

  /// What became of a delivery, for the answer to it.
  public enum Verdict: Sendable, Hashable {
    /// It is stored now.
    case stored
    /// It was here already: a delivery that repeats.
    case repeated
    /// It is not from the service, or too old: nothing was stored.
    case forged(String)
    /// It is genuine but no event.
    case malformed(String)
    /// The store could not take it: the service should send it again.
    case failed(String)
  }

  private struct Delivery: Sendable {
    var name: String
    var data: JSONValue
    var answer: Mailbox<Verdict>
  }

  private let store: Store
  private let secrets: [String]
  private let clock: any Clock
  private let onStored: @Sendable () -> Void
  private let waiting = Mailbox<Delivery?>()
  private let worker: Lock<Worker?> = Lock(nil)

  /// A receiver.
  ///
  /// - Parameters:
  ///   - secrets: any of them may have made a signature, so that one can be exchanged for another
  ///     without losing an event.
  ///   - onStored: told after a new event was stored; it must return at once.
  public init(
    store: Store, secrets: [String], clock: any Clock,
    onStored: @escaping @Sendable () -> Void = {}
  ) {
    (self.store, self.clock, self.onStored) = (store, clock, onStored)
    self.secrets = secrets.filter { !$0.isEmpty }
    let (store, clock, waiting) = (store, clock, waiting)
    worker.withLock {
      $0 = Worker(name: "events") { Self.storeAll(waiting, store, clock) }
    }
  }

  /// Stores what was taken so far and ends. Deliveries that come later are answered as failed.
  public func stop() {
    waiting.post(nil)
    worker.withLock(\.self)?.join()
  }

  /// Takes one delivery, on any thread; returns when it is durable, or refused.
  ///
  /// - Parameters:
  ///   - timestamp: the header `buildium-webhook-timestamp`.
  ///   - signature: the header `buildium-webhook-signature`.
  ///   - body: the bytes as they arrived.
  public func take(timestamp: String, signature: String, body: [UInt8]) -> Verdict {
    guard body.count <= Self.bodyBytesMax else {
      return .malformed("An event may have \(Self.bodyBytesMax) bytes at most.")
    }
    let now = clock.wallMilliseconds / 1000
    let isGenuine = secrets.contains {
      BuildiumSignature.isValid(
        signature, timestamp: timestamp, body: body, secret: $0, nowSeconds: now)
    }
    guard isGenuine else {
      return .forged("The signature does not belong to this event, or it was sent too long ago.")
    }
    guard let data = try? JSONValue(parsing: String(decoding: body, as: UTF8.self)),
      let name = data["EventName"]?.string, !name.isEmpty, name.count <= Self.nameMax
    else { return .malformed("The body is no event: a JSON object with an EventName.") }
    let answer = Mailbox<Verdict>()
    waiting.post(Delivery(name: name, data: data, answer: answer))
    let verdict =
      answer.waitAndTakeAll(nanoseconds: Self.patienceNanoseconds).first
      ?? .failed("The store was busy for too long.")
    if verdict == .stored { onStored() }
    return verdict
  }

  private static func storeAll(
    _ waiting: Mailbox<Delivery?>, _ store: Store, _ clock: any Clock
  ) {
    var isOver = false
    while !isOver {
      let taken = waiting.waitAndTakeAll()
      isOver = taken.contains { $0 == nil }
      let deliveries = taken.compactMap(\.self)
      guard !deliveries.isEmpty else { continue }
      let now = Instant(milliseconds: clock.wallMilliseconds)
      do throws(StorageError) {
        let verdicts = try store.writeSync { (records) throws(StorageError) in
          var verdicts: [Verdict] = []
          for delivery in deliveries {
            let isNew = try records.sync.keepEvent(
              name: delivery.name, data: delivery.data, at: now)
            verdicts.append(isNew ? .stored : .repeated)
          }
          return verdicts
        }
        for (delivery, verdict) in zip(deliveries, verdicts) { delivery.answer.post(verdict) }
      } catch {
        for delivery in deliveries {
          delivery.answer.post(.failed("The store failed: \(error.message)"))
        }
      }
    }
  }
}
