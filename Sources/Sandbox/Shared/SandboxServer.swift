import WebServer

/// A simulated service at work on a port of this machine.
public final class SandboxServer: Sendable {
  private let server: LoopbackServer

  /// The port it listens on.
  public var port: Int { server.port }
  /// `http://127.0.0.1:PORT`, the address to give to a client.
  public var url: String { server.url }

  /// Serves `service` from now on, on any thread and several calls at once.
  ///
  /// - Parameter port: 0 takes any free port.
  public init(port: Int = 0, serving service: any SimulatedService) throws(WebServerError) {
    server = try LoopbackServer(port: port) { service.handle($0) }
  }

  /// Ends it; returns when the last call is answered.
  public func stop() { server.stop() }
}

/// What answers calls like a real service.
public protocol SimulatedService: Sendable {
  /// Answers one call.
  func handle(_ request: WebRequest) -> WebResponse
}

extension SimulatedService {
  /// Serves it on a port of this machine; 0 takes any free port.
  ///
  /// - Throws: why the port cannot be had.
  public func start(port: Int = 0) throws(WebServerError) -> SandboxServer {
    try SandboxServer(port: port, serving: self)
  }
}
