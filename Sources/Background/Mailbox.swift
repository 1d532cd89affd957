/// A queue between threads: anybody posts, one thread takes. Posting wakes the taker.
public final class Mailbox<Message: Sendable>: Sendable {
  private let queue = Lock<[Message]>([])
  private let signal = Condition()
  private let wake: @Sendable () -> Void

  /// - Parameter wake: called after a post into an empty box, for a taker that waits in `poll(2)`.
  public init(wake: @escaping @Sendable () -> Void = {}) { self.wake = wake }

  /// Adds a message.
  public func post(_ message: Message) {
    let wasEmpty = queue.withLock { queue in
      queue.append(message)
      return queue.count == 1
    }
    if wasEmpty {
      signal.broadcast()
      wake()
    }
  }

  /// Takes all there are, in order; none when there are none.
  public func takeAll() -> [Message] {
    queue.withLock { queue in
      defer { queue = [] }
      return queue
    }
  }

  /// Waits for at least one message, at most so long, and takes all there are.
  public func waitAndTakeAll(nanoseconds: UInt64? = nil) -> [Message] {
    signal.wait(nanoseconds: nanoseconds) { self.queue.withLock { !$0.isEmpty } }
    return takeAll()
  }
}
