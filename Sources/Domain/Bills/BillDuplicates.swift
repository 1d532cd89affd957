// Bills that may have been entered twice.

/// Hints that two bills are one.
public enum BillDuplicates {
  /// Bills of one vendor and amount are close when their dates differ by no more than so many days.
  public static let nearDaysMax = 7

  /// A reference number as it is compared: without case, spaces, punctuation and leading zeros of its
  /// numbers. Empty when nothing is left.
  public static func normalised(_ reference: String) -> String {
    var result = ""
    var isInNumber = false
    for character in reference.lowercased() {
      guard character.isLetter || character.isNumber else {
        isInNumber = false
        continue
      }
      if character == "0", !isInNumber { continue }
      isInNumber = character.isNumber
      result.append(character)
    }
    return result
  }

  /// Groups of bills of one vendor, property, reference number and amount, each of two or more, in
  /// the order of their first. Reversals are left out; a voided one stays as the answer to the hint.
  public static func groups(_ bills: [BillRow]) -> [[BillRow]] {
    gathered(bills.filter { !($0.reference ?? "").isEmpty }) { bill in
      [
        bill.vendor?.localID ?? "", bill.property?.localID ?? "",
        normalised(bill.reference ?? ""), bill.total.description,
      ]
    }
  }

  /// Groups of bills of one vendor and amount that lie within days of one another and share no
  /// reference number: a warning, not a finding. Voided and rejected ones are left out.
  public static func near(_ bills: [BillRow]) -> [[BillRow]] {
    let open = bills.filter { $0.approval != .voided && $0.approval != .rejected }
    let sameAmount = gathered(open) { [$0.vendor?.localID ?? "", $0.total.description] }
    var groups: [[BillRow]] = []
    for group in sameAmount where group[0].vendor != nil {
      let dated = group.filter { $0.date != nil }.sorted {
        ($0.date, $0.order) < ($1.date, $1.order)
      }
      var run: [BillRow] = []
      func close() {
        if Set(run.map { normalised($0.reference ?? "") }).count > 1 { groups.append(run) }
        run = []
      }
      for bill in dated {
        if let last = run.last?.date, let date = bill.date,
          date.daysSince1970 - last.daysSince1970 > nearDaysMax
        {
          close()
        }
        run.append(bill)
      }
      close()
    }
    return groups
  }

  private static func gathered(_ bills: [BillRow], by key: (BillRow) -> [String]) -> [[BillRow]] {
    var order: [[String]] = []
    var groups: [[String]: [BillRow]] = [:]
    for bill in bills where bill.status != .reversal && bill.vendor != nil {
      let key = key(bill)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(bill)
    }
    return order.compactMap { groups[$0] }.filter { $0.count > 1 }
  }
}

private func < (left: (CalendarDate?, String), right: (CalendarDate?, String)) -> Bool {
  guard let leftDate = left.0, let rightDate = right.0, leftDate != rightDate else {
    return left.1 < right.1
  }
  return leftDate < rightDate
}
