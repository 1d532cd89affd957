// Reading and writing pages as the services send them, beside the decoder that comes with Swift.
import Domain
import FoundationEssentials

/// Megabytes a second of the reader and the writer.
enum JSONBenchmark {
  private static let bytesLeast = 10_000_000
  private static let rounds = 5

  /// What a decoder makes of one record.
  private struct Item: Decodable {
    struct Line: Decodable {
      let GLAccountId: Int
      let Amount: Double
      let Memo: String?
    }
    let Id: Int
    let Date: String
    let TransactionType: String
    let TotalAmount: Double
    let CheckNumber: String?
    let LastUpdatedDateTime: String
    let Lines: [Line]
  }

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    let page = page()
    let bytes = page.bytes
    var reading = Samples(), writing = Samples(), decoding = Samples()
    let records = page.array?.count ?? 0
    for _ in 0..<rounds {
      let read = reading.measure { try? JSONValue(parsing: bytes) }
      guard read == page else { throw BenchmarkError("The page was not read as written.") }
      let written = writing.measure { page.bytes }
      guard written.count == bytes.count else {
        throw BenchmarkError("The page was written in two lengths.")
      }
    }
    let data = Data(bytes)
    // Much slower: one round says enough.
    let decoded = decoding.measure { try? JSONDecoder().decode([Item].self, from: data).count }
    guard decoded == records else { throw BenchmarkError("The decoder read other records.") }

    func rate(_ name: String, _ samples: Samples) -> Figure {
      let seconds = samples.medianAndLeast.median / 1000
      return Figure(name, Double(bytes.count) / 1e6 / seconds, "MB/s", digits: 1)
    }
    return [
      Figure("page", Double(bytes.count) / 1e6, "MB", digits: 1), Figure("records", records),
      rate("reader", reading), rate("writer", writing),
      rate("JSONDecoder of FoundationEssentials", decoding),
    ]
  }

  private static func page() -> JSONValue {
    var records: [JSONValue] = []
    var length = 0
    while length < bytesLeast {
      let number = records.count
      let check: JSONValue = number % 3 == 0 ? .string(String(1000 + number)) : .null
      let record: JSONValue = [
        "Id": .int(100_001 + number), "Date": "2026-03-01", "TransactionType": "Payment",
        "TotalAmount": .number("\(900 + number % 700).\(number % 90 + 10)"),
        "CheckNumber": check, "LastUpdatedDateTime": "2026-03-01T09:30:00Z",
        "Lines": .array([line(number, account: 3), line(number, account: 10)]),
      ]
      length += record.bytes.count + 1
      records.append(record)
    }
    return .array(records)
  }

  private static func line(_ number: Int, account: Int) -> JSONValue {
    [
      "GLAccountId": .int(account), "Amount": .number("\(450 + number % 350).25"),
      "Memo": .string("Rent of March, “unit \(number % 40)”\nwith the garage"),
    ]
  }
}
