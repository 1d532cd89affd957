import Background
import Domain
import Sync
import WebServer

/// Listens for Buildium's events, keeps them, and has what they announce brought in and passed on.
final class EventListener: Sendable {
  /// Where events are posted to.
  private static let path = "/webhooks/buildium"

  private let pump: EventPump
  private let receiver: WebhookReceiver
  private let server: LoopbackServer

  /// Where events are to be posted.
  var url: String { server.url + Self.path }

  /// Listens from now on.
  init(
    _ workspace: Workspace, secrets: [String], at place: (address: String, port: Int)
  ) throws(Failure) {
    let (source, sink) = (try workspace.buildium(), try workspace.airtable())
    pump = EventPump(
      events: EventWorker(
        store: workspace.store, source: source, sink: sink.service, clock: workspace.clock),
      engine: SyncEngine(
        store: workspace.store, source: source, sink: sink, clock: workspace.clock)
    ) { Output.note(TerminalText.harmless($0)) }
    let receiver = WebhookReceiver(
      store: workspace.store, secrets: secrets, clock: workspace.clock, onStored: pump.wake)
    self.receiver = receiver
    do throws(WebServerError) {
      server = try LoopbackServer(
        address: place.address, port: place.port, bodyBytesMax: WebhookReceiver.bodyBytesMax
      ) { Self.answer($0, receiver) }
    } catch {
      receiver.stop()
      pump.stop()
      throw Failure("listen", error.message, hint: "Name another place: --listen ADDRESS:PORT.")
    }
  }

  /// Takes no more events, and ends when those that came are stored.
  func stop() {
    server.stop()
    receiver.stop()
    pump.stop()
  }

  private static func answer(_ request: WebRequest, _ receiver: WebhookReceiver) -> WebResponse {
    guard request.path == path else { return say(404, "Events go to \(path).") }
    guard request.method == "POST" else { return say(405, "Events are posted.") }
    let verdict = receiver.take(
      timestamp: request.headers["buildium-webhook-timestamp"] ?? "",
      signature: request.headers["buildium-webhook-signature"] ?? "", body: request.body)
    return switch verdict {
    case .stored, .repeated: say(200, "Stored.")
    case .forged(let text): say(401, text)
    case .malformed(let text): say(400, text)
    // The store's words are for its owner, not for whoever posts.
    case .failed: say(503, "Not stored. Send it again.")
    }
  }

  private static func say(_ status: Int, _ text: String) -> WebResponse {
    WebResponse(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
      body: Array(text.utf8))
  }
}

extension Workspace {
  /// Waits until the program is asked to end.
  func waitForEnd() {
    let stopped = Mailbox<Bool>()
    let token = cancellation.onCancel { stopped.post(true) }
    defer { cancellation.removeHandler(token) }
    if !cancellation.isCancelled { _ = stopped.waitAndTakeAll() }
  }
}
