import Domain

extension Store {
  /// Transactions written in one commit while sample rows are made.
  private static let sampleBatch = 50_000
  /// Properties the sample transactions are spread over.
  private static let sampleProperties = 500

  /// Fills an empty store with made-up transactions, for measuring: a company's ledger of many years
  /// without the months a first sync of it takes.
  ///
  /// Rows go through the same triggers and indexes as all others; they have no lines and no state of
  /// synchronization. The same count gives the same rows.
  public func fillWithSamples(transactions count: Int) throws(StorageError) {
    try write { transaction throws(StorageError) in
      // Rows come in no order: with the usual cache each would read and write its pages anew.
      try transaction.connection.run("PRAGMA cache_size=-400000")
      for number in 0..<Self.sampleProperties {
        try transaction.connection.run(
          """
          INSERT INTO properties (id, name, address_line1, city, is_active, created_at, updated_at)
          VALUES ($1, $2, $3, 'Salem', 1, $4, $5)
          """, .text("sample-p\(number)"), .text("\(Self.trees[number % 10]) Court \(number)"),
          .text("\(number) Main Street"), .instant(transaction.now), .instant(transaction.now))
      }
    }
    for start in stride(from: 0, to: count, by: Self.sampleBatch) {
      try write { transaction throws(StorageError) in
        for number in start..<min(count, start + Self.sampleBatch) {
          // Spread without order, the same each time: multiplication by an odd number goes round all.
          let mixed = Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: number) &* 2_654_435_761)
          let day = CalendarDate(daysSince1970: 16_500 + mixed % 4000)
          try transaction.connection.run(
            """
            INSERT INTO transactions (id, buildium_transaction_id, date, transaction_type,
              total_amount, memo, payee_name, reference_number, property_id, posting_state,
              created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'unposted', $10, $11)
            """, .text(LocalIDs.new(at: transaction.now)), .int(1_000_000 + number), .date(day),
            .text(Self.types[mixed % 6]), .int(mixed % 500_000),
            .text("\(Self.works[mixed / 7 % 8]) \(day.year)-\(day.month), job \(number)"),
            .text("\(Self.trees[mixed / 11 % 10]) & Sons \(mixed % 3000)"),
            .text("R\(mixed % 9_999_999)"), .text("sample-p\(mixed % Self.sampleProperties)"),
            .instant(transaction.now), .instant(transaction.now))
        }
        transaction.note(.records(.transactions))
      }
    }
    try write { transaction throws(StorageError) in
      try transaction.connection.run("PRAGMA cache_size=-8000")
    }
  }

  private static let trees = [
    "Oak", "Maple", "Cedar", "Birch", "Elm", "Pine", "Willow", "Aspen", "Hazel", "Rowan",
  ]
  private static let types = [
    "Payment", "Charge", "Bill", "Check", "Deposit", "GeneralJournal",
  ]
  private static let works = [
    "Rent", "Late fee", "Plumbing", "Management fee", "Water", "Security deposit", "Lawn care",
    "Roof repair",
  ]
}
