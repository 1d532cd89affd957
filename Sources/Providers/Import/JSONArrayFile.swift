// Reading a file that is one JSON array, an element at a time.
import Domain
import Glibc

/// Why a portfolio cannot be read: which file, which element, which member.
public struct PortfolioError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, from the portfolio's folder on.
  public var file: String
  /// Which element of its array, counted from 1; nil when it is about the whole file.
  public var element: Int?
  /// What is wrong, in a sentence; names the member.
  public var message: String

  /// An error with its sentence.
  public init(file: String, element: Int? = nil, _ message: String) {
    (self.file, self.element, self.message) = (file, element, message)
  }

  /// `buildium/bills.json, element 12: …`
  public var description: String {
    element.map { "\(file), element \($0): \(message)" } ?? "\(file): \(message)"
  }
}

/// A file in memory whose elements are parsed one by one, so that a large ledger is never a tree of
/// values all at once.
struct JSONArrayFile {
  /// More than this is not a portfolio.
  private static let bytesMax = 2 << 30
  private static let readBytes = 1 << 20

  let name: String
  private let bytes: [UInt8]

  /// Reads a file; nil when there is none.
  ///
  /// - Throws: ``PortfolioError`` when it is there and cannot be read.
  init?(folder: String, name: String) throws(PortfolioError) {
    let descriptor = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw PortfolioError(file: name, "it cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: Self.readBytes)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw PortfolioError(file: name, "it cannot be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      bytes += buffer[0..<count]
      guard bytes.count <= Self.bytesMax else {
        throw PortfolioError(file: name, "it is larger than \(Self.bytesMax >> 30) GB")
      }
    }
    (self.name, self.bytes) = (name, bytes)
  }

  /// Gives each element with its number, counted from 1.
  ///
  /// - Throws: ``PortfolioError`` at the first element that cannot be read, or what `body` throws.
  func forEach(_ body: (Int, JSONValue) throws(PortfolioError) -> Void) throws(PortfolioError) {
    var index = bytes.firstIndex { $0 > 0x20 } ?? bytes.count
    guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else {
      throw PortfolioError(file: name, "a list was expected")
    }
    index += 1
    var number = 0
    while true {
      let end = elementEnd(from: index)
      guard end < bytes.count else {
        throw PortfolioError(file: name, element: number + 1, "the list is cut short")
      }
      let isLast = bytes[end] == UInt8(ascii: "]")
      let element = bytes[index..<end]
      if element.contains(where: { $0 > 0x20 }) {
        number += 1
        let value: JSONValue
        do {
          value = try JSONValue(parsing: element)
        } catch {
          throw PortfolioError(file: name, element: number, error.description)
        }
        try body(number, value)
      } else if !isLast || number > 0 {
        throw PortfolioError(file: name, element: number + 1, "it is empty")
      }
      index = end + 1
      if isLast { break }
    }
    guard bytes[index...].allSatisfy({ $0 <= 0x20 }) else {
      throw PortfolioError(file: name, "something follows the end of the list")
    }
  }

  /// The comma or bracket that ends the element: the first outside texts and nesting.
  private func elementEnd(from start: Int) -> Int {
    var depth = 0
    var isText = false
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if isText {
        if byte == 0x5C {
          index += 1
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isText = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          if depth == 0 { return index }
          depth -= 1
        case UInt8(ascii: ","):
          if depth == 0 { return index }
        default: break
        }
      }
      index += 1
    }
    return bytes.count
  }
}
