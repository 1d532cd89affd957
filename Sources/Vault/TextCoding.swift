import CSodium

/// Bytes as hexadecimal digits.
public enum Hex {
  /// Two lower-case digits for each byte.
  public static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[2 * index] = digits[Int(byte >> 4)]
        buffer[2 * index + 1] = digits[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }

  /// The bytes of digits of either case; nil for anything else.
  public static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count % 2 == 0 else { return nil }
    return decoded(text) { target, room, source, count, used, end in
      sodium_hex2bin(target, room, source, count, nil, used, end)
    }
  }
}

/// Bytes as Base64 with the alphabet and padding of RFC 4648 section 4.
public enum Base64 {
  /// The text for bytes.
  public static func text(_ bytes: [UInt8]) -> String {
    Sodium.prepare()
    let variant = Int32(sodium_base64_VARIANT_ORIGINAL)
    // The last byte is the C string's end.
    let room = sodium_base64_encoded_len(bytes.count, variant)
    return String(unsafeUninitializedCapacity: room) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        sodium_bin2base64(start, room, bytes, bytes.count, variant)
        return room - 1
      }
    }
  }

  /// The bytes of a text; nil when it is not exactly one.
  public static func bytes(_ text: String) -> [UInt8]? {
    decoded(text) { target, room, source, count, used, end in
      sodium_base642bin(
        target, room, source, count, nil, used, end, Int32(sodium_base64_VARIANT_ORIGINAL))
    }
  }
}

private typealias Decoder = (
  UnsafeMutablePointer<UInt8>, Int, UnsafePointer<CChar>, Int, UnsafeMutablePointer<Int>?,
  UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> Int32

/// Runs one of the library's decoders and accepts its work only when it used the whole text.
private func decoded(_ text: String, _ decode: Decoder) -> [UInt8]? {
  Sodium.prepare()
  var source = text
  return source.withUTF8 { utf8 in
    utf8.withMemoryRebound(to: CChar.self) { source -> [UInt8]? in
      guard let start = source.baseAddress, !source.isEmpty else { return [] }
      var used = 0
      var end: UnsafePointer<CChar>?
      var bytes = [UInt8](repeating: 0, count: source.count)
      guard decode(&bytes, bytes.count, start, source.count, &used, &end) == 0,
        end == start + source.count
      else { return nil }
      return Array(bytes.prefix(used))
    }
  }
}
