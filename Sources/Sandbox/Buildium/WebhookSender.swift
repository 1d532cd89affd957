import Background
import Domain
import Glibc
import Vault

/// Posts events to a listener on this machine the way the service does: one event a call, signed,
/// again after a minute, ten minutes and an hour, and no more after twenty failures in a row.
final class WebhookSender: Sendable {
  /// Seconds of the service's time before the second, third and fourth attempt.
  static let retrySeconds = [60, 600, 3600]
  /// Failures in a row that end the subscription until a person renews it.
  static let failuresMax = 20
  /// How long the listener may take, in real seconds.
  static let answerSeconds = 10
  /// Events that wait; the oldest is dropped for the next.
  static let queueMax = 10_000

  private struct Delivery: Sendable {
    var body: [UInt8]
    var attempt = 0
    /// In the service's nanoseconds.
    var due: UInt64
  }

  private struct State {
    var waiting: [Delivery] = []
    var failures = 0
  }

  private let target: BuildiumOptions.Webhook
  private let accountId: Int
  private let clock: SandboxClock
  private let state = Lock(State())
  private let wakeUp = Mailbox<Bool>()
  private let cancellation = Cancellation()
  private let worker = Lock<Worker?>(nil)

  init(_ target: BuildiumOptions.Webhook, accountId: Int, clock: SandboxClock) {
    (self.target, self.accountId, self.clock) = (target, accountId, clock)
    worker.withLock { worker in
      worker = Worker(name: "webhooks") { [weak self] in
        while self?.deliverDue() == true {}
      }
    }
  }

  func send(_ events: [BuildiumEvent]) {
    let due = clock.nanoseconds
    let deliveries = events.map { Delivery(body: body(of: $0), due: due) }
    state.withLock { state in
      guard state.failures < Self.failuresMax else { return }
      state.waiting += deliveries
      state.waiting.removeFirst(max(0, state.waiting.count - Self.queueMax))
    }
    wakeUp.post(true)
  }

  func stop() {
    cancellation.cancel()
    wakeUp.post(false)
    worker.withLock(\.self)?.join()
  }

  /// The event as it is sent: compact, its time with seven digits of fraction.
  private func body(of event: BuildiumEvent) -> [UInt8] {
    var object = JSONObject()
    object["EventName"] = .string(event.name)
    object["EventDateTime"] = .string(event.at.description.dropLast() + "0000Z")
    object["AccountId"] = .int(accountId)
    for (key, value) in event.members { object[key] = value }
    return JSONValue.object(object).bytes
  }

  /// Sends what is due and waits for more; false when it is to end.
  private func deliverDue() -> Bool {
    if cancellation.isCancelled { return false }
    let now = clock.nanoseconds
    let (due, next): ([Delivery], UInt64?) = state.withLock { state in
      let due = state.waiting.filter { $0.due <= now }
      state.waiting.removeAll { $0.due <= now }
      return (due, state.waiting.map(\.due).min())
    }
    for delivery in due {
      if cancellation.isCancelled { return false }
      let started = clock.nanoseconds
      finish(delivery, isTaken: post(delivery.body), startedAt: started)
    }
    guard due.isEmpty else { return true }
    let pause = next.map { UInt64(Double($0 &- now) / clock.speed) }
    _ = wakeUp.waitAndTakeAll(nanoseconds: min(pause ?? Self.pauseMax, Self.pauseMax))
    return true
  }

  /// Real nanoseconds after which it looks again by itself.
  private static let pauseMax: UInt64 = 1_000_000_000

  /// The wait counts from the start of the attempt, so that a slow refusal does not stretch it.
  private func finish(_ delivery: Delivery, isTaken: Bool, startedAt: UInt64) {
    state.withLock { state in
      if isTaken {
        state.failures = 0
        return
      }
      state.failures += 1
      if state.failures >= Self.failuresMax {
        state.waiting = []
      } else if delivery.attempt < Self.retrySeconds.count {
        var again = delivery
        again.due = startedAt + UInt64(Self.retrySeconds[delivery.attempt]) * 1_000_000_000
        again.attempt += 1
        state.waiting.append(again)
      }
    }
  }

  // MARK: The call

  /// Whether the listener answered with a status of 200 to 299 in time.
  private func post(_ body: [UInt8]) -> Bool {
    let timestamp = String(clock.now.milliseconds / 1000)
    let signature = BuildiumSignature.text(
      timestamp: timestamp, body: body, secret: target.secret)
    let head = """
      POST \(target.path) HTTP/1.1\r
      Host: 127.0.0.1:\(target.port)\r
      Content-Type: application/json\r
      Content-Length: \(body.count)\r
      buildium-webhook-timestamp: \(timestamp)\r
      buildium-webhook-signature: \(signature)\r
      Connection: close\r
      \r\n
      """
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var patience = timeval(tv_sec: Self.answerSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = target.port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected, Self.write(Array(head.utf8) + body, to: socket) else { return false }
    // `HTTP/1.1 200`: the status is all that counts.
    var answer = [UInt8](repeating: 0, count: 64)
    var count = 0
    while count < 12 {
      let got = answer.withUnsafeMutableBytes { buffer in
        recv(socket, buffer.baseAddress?.advanced(by: count), buffer.count - count, 0)
      }
      guard got > 0 else { return false }
      count += got
    }
    return answer[9] == UInt8(ascii: "2")
  }

  private static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          socket, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
