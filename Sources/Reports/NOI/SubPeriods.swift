import Domain

extension LedgerProperty {
  /// The parts of a period that were managed, cut wherever owners, shares, policies or rules change.
  ///
  /// Each part is computed like a whole period; nothing is prorated by days, for transactions carry
  /// their dates. Rule: accounting facts, section 1.4. Empty when nothing of it was managed.
  public func subPeriods(of period: Period) -> [Period] {
    let from = max(period.from, agreementStart ?? period.from)
    let to = min(period.to, agreementEnd ?? period.to)
    guard from <= to else { return [] }
    var starts: Set<CalendarDate> = [from]
    func cut(_ begin: CalendarDate, _ end: CalendarDate?) {
      starts.insert(begin)
      if let end, end < to { starts.insert(end.adding(days: 1)) }
    }
    for share in shares { cut(share.from, share.to) }
    for policy in policies { cut(policy.from, policy.to) }
    for rule in rules { cut(rule.from, rule.to) }
    let inside = starts.filter { from <= $0 && $0 <= to }.sorted()
    return inside.enumerated().map { place, start in
      let next = place + 1 < inside.count ? inside[place + 1].adding(days: -1) : to
      return Period(from: start, to: next)
    }
  }
}
