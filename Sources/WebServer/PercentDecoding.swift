// Reading the request line: paths and queries as RFC 3986 and HTML forms encode them.

/// Text whose `%XX` are replaced by the bytes they stand for. A `%` without two hexadecimal digits
/// stands for itself; bytes that are no UTF-8 become U+FFFD.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
  let bytes = Array(text.utf8)
  var decoded: [UInt8] = []
  decoded.reserveCapacity(bytes.count)
  var index = 0
  while index < bytes.count {
    let byte = bytes[index]
    if byte == UInt8(ascii: "%"), index + 2 < bytes.count,
      let high = hexadecimal(bytes[index + 1]), let low = hexadecimal(bytes[index + 2])
    {
      decoded.append(high << 4 | low)
      index += 3
    } else {
      decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      index += 1
    }
  }
  return String(decoding: decoded, as: UTF8.self)
}

/// The pairs of a query in their order. A pair without `=` has an empty value; empty pairs are
/// left out.
func queryPairs(_ rawQuery: String) -> [(name: String, value: String)] {
  rawQuery.split(separator: "&").map { pair in
    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (
      percentDecoded(parts[0], plusIsSpace: true),
      parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : ""
    )
  }
}

private func hexadecimal(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
