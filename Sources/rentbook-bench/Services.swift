// The simulated services as the benchmarks meet them: over HTTP on this machine, or called directly.
import Background
import HTTP
import Sandbox
import WebServer

/// A simulated service whose own processor time is counted, so that it can be left out.
final class MeteredService: SimulatedService {
  private let service: any SimulatedService
  let meter = CPUMeter()

  init(_ service: any SimulatedService) { self.service = service }

  func handle(_ request: WebRequest) -> WebResponse { meter.measure { service.handle(request) } }
}

/// Hands requests to a simulated service in this process: what is left is the client's own work.
final class DirectSender: HTTPSending {
  private let service: MeteredService

  init(_ service: MeteredService) { self.service = service }

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    // Everything after `scheme://host`.
    let parts = request.url.split(
      separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { throw TransferError(.badAddress, "\(request.url): no path.") }
    var headers: [String: String] = ["host": String(parts[2])]
    for (name, value) in request.headers { headers[name.lowercased()] = value }
    let answer = service.handle(
      WebRequest(
        method: request.method, target: "/" + parts[3], headers: headers,
        body: request.body ?? []))
    var answered: [String: String] = [:]
    for (name, value) in answer.headers { answered[name.lowercased()] = value }
    return HTTPResponse(status: answer.status, headers: answered, body: answer.body)
  }
}

/// What one service's journal says of the calls of a run.
struct ServiceTraffic: Sendable {
  let name: String
  let calls: Int
  let refused: Int
  /// The most arrivals in a second of the service's time.
  let secondMax: Int
  /// What it allows in that second.
  let limit: Int

  init(name: String, _ summary: RequestJournal.Summary, limit: Int) {
    (self.name, self.limit) = (name, limit)
    (calls, refused, secondMax) = (
      summary.requests, summary.tooManyRequests, summary.arrivalsInSecondMax
    )
  }

  /// Seconds of the service's time the calls need at least.
  var leastSeconds: Double { Double(calls) / Double(limit) }
}
