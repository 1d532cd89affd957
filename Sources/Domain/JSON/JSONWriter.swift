extension JSONValue {
  /// The document without spaces, in UTF-8 text.
  public var text: String {
    var output = ContiguousArray<UInt8>()
    write(to: &output, sortingKeys: false)
    return String(decoding: output, as: UTF8.self)
  }

  /// The document without spaces, as bytes.
  public var bytes: [UInt8] {
    var output = ContiguousArray<UInt8>()
    write(to: &output, sortingKeys: false)
    return Array(output)
  }

  /// One spelling per meaning: keys sorted, no spaces. For hashing and comparing.
  public var canonicalText: String {
    var output = ContiguousArray<UInt8>()
    write(to: &output, sortingKeys: true)
    return String(decoding: output, as: UTF8.self)
  }

  private func write(to output: inout ContiguousArray<UInt8>, sortingKeys: Bool) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): output.append(contentsOf: text.utf8)
    case .string(let text): Self.write(text, to: &output)
    case .array(let values):
      output.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        value.write(to: &output, sortingKeys: sortingKeys)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let object):
      let members =
        sortingKeys ? object.members.sorted { $0.key < $1.key } : object.members
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.write(to: &output, sortingKeys: sortingKeys)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to output: inout ContiguousArray<UInt8>) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), 0x5C:
        output.append(0x5C)
        output.append(byte)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7F:
        let hex = String(byte, radix: 16)
        output.append(contentsOf: "\\u00\(hex.count == 1 ? "0" : "")\(hex)".utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
