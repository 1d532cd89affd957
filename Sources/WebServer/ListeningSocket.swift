import Glibc

/// Why a server does not listen.
public struct WebServerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened, in a sentence.
  public var message: String

  /// An error with its sentence.
  public init(_ message: String) { self.message = message }

  /// The form shown in logs and messages.
  public var description: String { message }
}

/// A bound and listening TCP socket and the port it got.
///
/// Made here and not by the library, so that a refusal keeps the system's own reason.
struct ListeningSocket {
  let descriptor: Int32
  let port: Int

  /// Connections that may wait to be accepted.
  private static let backlog: Int32 = 512

  /// - Parameter address: an IPv4 or IPv6 address in digits; names are not looked up.
  init(address: String, port: Int) throws(WebServerError) {
    guard let wanted = UInt16(exactly: port) else {
      throw WebServerError("\(port) is no port: ports run from 0 to 65535.")
    }
    var four = sockaddr_in()
    var six = sockaddr_in6()
    let made: Int32
    if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = wanted.bigEndian
      made = try Self.listen(AF_INET, &four, at: "\(address):\(port)")
    } else if inet_pton(AF_INET6, address, &six.sin6_addr) == 1 {
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = wanted.bigEndian
      made = try Self.listen(AF_INET6, &six, at: "[\(address)]:\(port)")
    } else {
      throw WebServerError("Cannot listen on \(address): it is no IP address in digits.")
    }
    var bound = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    _ = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(made, $0, &size) }
    }
    descriptor = made
    // The port stands at the same place in both families' structures.
    self.port = Int(UInt16(bigEndian: bound.sin6_port))
  }

  private static func listen<Address>(
    _ family: Int32, _ address: inout Address, at place: String
  ) throws(WebServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, type, 0)
    guard descriptor >= 0 else { throw refused(place) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let size = socklen_t(MemoryLayout<Address>.size)
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
    }
    guard isBound, Glibc.listen(descriptor, backlog) == 0 else {
      let error = refused(place)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func refused(_ place: String) -> WebServerError {
    let reason = String(cString: strerror(errno))
    return WebServerError("Cannot listen on \(place): \(reason). Choose another port or address.")
  }
}
