import Background
import Domain
import WebServer

// What a person does in the service's web pages, and life going on: calls under `/_sandbox/buildium`
// for tests and the demo. They need no key and count against no limit.
extension SandboxBuildium {
  /// Happenings in one ``advance(seconds:)``, at most; a longer pause is not caught up with.
  static let happeningsMax = 2000

  /// Lets so many seconds of the service's time pass in the portfolio; what happened, in order.
  @discardableResult
  public func advance(seconds: Int) -> [Happening] {
    let now = now
    return withState { state in
      state.idleSeconds += max(0, seconds)
      let due = state.idleSeconds / max(1, options.secondsPerHappening)
      state.idleSeconds %= max(1, options.secondsPerHappening)
      return (0..<min(due, Self.happeningsMax)).map { _ in state.live(at: now) }
    }
  }

  /// Reads the portfolio as it stands.
  public func portfolio<Result>(_ read: (Portfolio) -> Result) -> Result {
    withState { read($0.portfolio) }
  }

  /// Answers the calls that change the portfolio from outside the API; nil for other paths.
  ///
  /// `POST change` with `{"resource", "id", "member", "value"}` or `{"random": K}`, `POST delete`
  /// with `{"resource", "id"}`, `POST advance` with `{"seconds": N}`, `GET counts`, and under
  /// `uploads/NAME` (PUT) and `files/NAME` (GET) where the service sends clients for bytes.
  func control(_ request: WebRequest) -> WebResponse? {
    let prefix = "/_sandbox/buildium/"
    guard request.path.hasPrefix(prefix) else { return nil }
    let path = request.path.dropFirst(prefix.count)
    switch (request.method, path) {
    case ("GET", "counts"):
      var object = JSONObject()
      for entry in portfolio({ $0.counts }) { object[entry.resource] = .int(entry.count) }
      return .json(.object(object))
    case ("PUT", _) where path.hasPrefix("uploads/"):
      let name = String(path.dropFirst("uploads/".count))
      let now = now
      let isKnown = withState {
        $0.finishUpload(name, size: request.body.count, at: now)
      }
      return isKnown ? WebResponse(status: 200) : .json(status: 403, ["error": "no such upload"])
    case ("GET", _) where path.hasPrefix("files/"):
      let name = path.dropFirst("files/".count)
      let size = portfolio { portfolio in
        portfolio.files.rows.first { $0.physicalName == name }?.size
      }
      guard let size else { return .json(status: 404, ["error": "no such file"]) }
      return WebResponse(
        status: 200, headers: [(name: "Content-Type", value: "application/octet-stream")],
        body: Array(repeating: UInt8(ascii: "."), count: Int(min(size, 1 << 20))))
    case ("POST", "change"), ("POST", "delete"), ("POST", "advance"):
      guard let body = try? JSONValue(parsing: request.body) else {
        return .json(status: 400, ["error": "the body is no JSON"])
      }
      return steer(String(path), body)
    default: return nil
    }
  }

  private func steer(_ verb: String, _ body: JSONValue) -> WebResponse {
    let now = now
    if verb == "advance" {
      guard let seconds = body["seconds"]?.int else {
        return .json(status: 400, ["error": "send {\"seconds\": N}"])
      }
      return .json(["happened": .array(advance(seconds: seconds).map(\.json))])
    }
    let outcome: Result<[JSONValue], Refusal> = withState { state in
      do throws(Refusal) {
        if verb == "delete" {
          return .success([try state.deleteByHand(body, at: now).json])
        }
        if let count = body["random"]?.int {
          return .success(state.changeAtRandom(count, at: now))
        }
        return .success([try state.changeByHand(body, at: now)])
      } catch {
        return .failure(error)
      }
    }
    switch outcome {
    case .success(let changes): return .json(["changed": .array(changes)])
    case .failure(let refusal):
      let faults = refusal.faults.map { "\($0.key) \($0.value)" }
      let text = faults.isEmpty ? refusal.message : faults.joined(separator: "; ")
      return .json(status: refusal.status, ["error": .string(text)])
    }
  }
}

extension Happening {
  var json: JSONValue {
    [
      "resource": .string(resource), "id": .int(id), "kind": .string(kind.rawValue),
      "text": .string(text),
    ]
  }
}

/// Lets a portfolio live while the demo runs: a thread that advances it every so often.
public final class PortfolioTicker: Sendable {
  private let cancellation = Cancellation()
  private let worker: Worker

  /// - Parameters:
  ///   - seconds: how often it looks, and how much time it lets pass each time.
  ///   - onHappening: told about each thing that happened, on the ticker's thread.
  public init(
    _ sandbox: SandboxBuildium, every seconds: Int, clock: any Clock = SystemClock(),
    onHappening: @escaping @Sendable (Happening) -> Void = { _ in }
  ) {
    let cancellation = cancellation
    worker = Worker(name: "portfolio") {
      while !cancellation.isCancelled {
        clock.wait(nanoseconds: UInt64(max(1, seconds)) * 1_000_000_000, cancellation: cancellation)
        guard !cancellation.isCancelled else { return }
        for happening in sandbox.advance(seconds: seconds) { onHappening(happening) }
      }
    }
  }

  /// Ends it; returns when its thread has.
  public func stop() {
    cancellation.cancel()
    worker.join()
  }
}
