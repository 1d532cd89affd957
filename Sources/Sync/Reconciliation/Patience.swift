import Background
import Domain

/// How long a comparison waits for a service that keeps silent. By real time, and not by the clock of
/// the work: what is measured is the service and not the day.
public struct Patience: Sendable {
  /// The first answer of a service comes within so long, or it counts as unreachable.
  public var answerNanoseconds: UInt64
  /// While everything is read, some page comes within so long. Airtable's own pause after too many
  /// calls lasts 30 s.
  public var silenceNanoseconds: UInt64

  /// The patience; by default ten seconds for the first answer and a minute and a half between pages.
  public init(
    answerNanoseconds: UInt64 = 10_000_000_000, silenceNanoseconds: UInt64 = 90_000_000_000
  ) {
    (self.answerNanoseconds, self.silenceNanoseconds) = (answerNanoseconds, silenceNanoseconds)
  }

  /// Asks a service for a sign of life.
  ///
  /// - Throws: ``SyncError`` when it cannot be worked with at all. A credential that may not read its
  ///   own account is left to the reading, which says what it may not read.
  func answer(of provider: any Provider, _ cancellation: Cancellation) throws(SyncError) {
    let limited = Cancellation()
    let token = cancellation.onCancel { limited.cancel() }
    let ended = Cancellation()
    let nanoseconds = answerNanoseconds
    _ = Worker(name: "patience") {
      ended.wait(nanoseconds: nanoseconds)
      if !ended.isCancelled { limited.cancel() }
    }
    defer {
      ended.cancel()
      cancellation.removeHandler(token)
    }
    do throws(ProviderError) {
      _ = try provider.verify(limited)
    } catch {
      if cancellation.isCancelled { throw .cancelled }
      switch error.kind {
      case .cancelled: throw silent(provider.service, nanoseconds)
      case .forbidden, .notFound, .unsupported, .refused: return
      default: throw .service(error)
      }
    }
  }

  func silent(_ service: Service, _ nanoseconds: UInt64) -> SyncError {
    .service(
      ProviderError(
        service, .unreachable,
        "\(service.title) did not answer within \(nanoseconds / 1_000_000_000) s, so nothing was "
          + "compared.", hint: "Check the network; the result of the day stays as it was."))
  }
}

/// Stops a reading that hears nothing for too long.
final class SilenceWatch: Sendable {
  private let patience: Patience
  private let outer: Cancellation
  private let inner = Cancellation()
  private let ended = Cancellation()
  private let token: Int
  private let state = Lock((heard: false, isSilent: false))

  init(_ patience: Patience, _ cancellation: Cancellation) {
    (self.patience, outer) = (patience, cancellation)
    let (inner, ended, state) = (inner, ended, state)
    token = cancellation.onCancel { inner.cancel() }
    let nanoseconds = patience.silenceNanoseconds
    _ = Worker(name: "silence") {
      // Each turn is one stretch of silence; the last is the one in which nothing was heard.
      while !ended.isCancelled {
        ended.wait(nanoseconds: nanoseconds)
        let isOver = state.withLock { state in
          defer { state.heard = false }
          if !state.heard, !ended.isCancelled { state.isSilent = true }
          return state.isSilent
        }
        if isOver { return inner.cancel() }
      }
    }
  }

  /// A page came.
  func heard() { state.withLock { $0.heard = true } }

  /// Runs the reading; a stop by the watch is told as the silence of the service.
  func telling<Value>(
    _ service: Service, _ body: (Cancellation) throws(SyncError) -> Value
  ) throws(SyncError) -> Value {
    do throws(SyncError) {
      return try body(inner)
    } catch {
      guard case .cancelled = error, !outer.isCancelled, state.withLock({ $0.isSilent }) else {
        throw error
      }
      throw patience.silent(service, patience.silenceNanoseconds)
    }
  }

  func end() {
    ended.cancel()
    outer.removeHandler(token)
  }
}
