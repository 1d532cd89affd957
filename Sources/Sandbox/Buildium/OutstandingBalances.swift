import Domain

// What tenants owe, and what will be charged to them.
extension BuildiumState {
  func listOutstanding(_ call: Call) throws(Refusal) -> Answer {
    let query = call.query
    let ids = query.ids("leaseids")
    let statuses = query.words("leasestatuses")
    let eviction = query.text("evictionstatus").map { $0 == "EvictionPending" }
    let entity = query.id("entityid").map { id in
      query.text("entitytype") == "RentalOwner"
        ? Set(portfolio.owners[id]?.propertyIds ?? []) : [id]
    }
    let debts = portfolio.debts()
    let bucket = query.text("balanceduration")
    let rows = portfolio.leases.rows.compactMap { lease -> (Lease, Debt)? in
      guard let debt = debts[lease.id], debt.total > .zero, ids?.contains(lease.id) ?? true,
        statuses?.contains(lease.status.rawValue) ?? true,
        entity?.contains(lease.propertyId) ?? true,
        eviction.map({ $0 == lease.isEvictionPending }) ?? true,
        query.text("pastdueemail") != "Sent"
      else { return nil }
      let ages = debt.ages(on: call.today)
      switch bucket {
      case "Balance0to30Days" where ages[0] <= .zero: return nil
      case "Balance31to60Days" where ages[1] <= .zero: return nil
      case "Balance61to90Days" where ages[2] <= .zero: return nil
      case "BalanceOver90Days" where ages[3] <= .zero: return nil
      default: return (lease, debt)
      }
    }
    let keys: SortKeys<(Lease, Debt)> = [
      "leaseid": { .id($0.0.id) }, "propertyid": { .id($0.0.propertyId) },
      "unitid": { .id($0.0.unitId) }, "totalbalance": { .money($0.1.total) },
    ]
    return try list(rows, call, keys) { writer, row in
      let (lease, debt) = row
      let ages = debt.ages(on: call.today)
      writer.put("LeaseId", lease.id)
      writer.put("PropertyId", lease.propertyId)
      writer.put("UnitId", lease.unitId)
      writer.put("Balance0To30Days", ages[0])
      writer.put("Balance31To60Days", ages[1])
      writer.put("Balance61To90Days", ages[2])
      writer.put("BalanceOver90Days", ages[3])
      writer.put("TotalBalance", debt.total)
      writer.array("Balances", debt.accounts) { writer, part in
        writer.object {
          $0.put("GlAccountId", part.accountId)
          $0.put("TotalBalance", part.amount)
        }
      }
      writer.null("PastDueEmailSentDate")
      writer.put("EvictionPendingDate", lease.isEvictionPending ? call.today : nil)
      writer.put("IsNoticeGiven", lease.moveOuts.contains { $0.noticeGiven != nil })
    }
  }

  /// Rent is charged by schedules, which are the recurring transactions there are.
  func writeRecurring(
    _ rent: RentSchedule, isBulk: Bool, on today: Day, _ writer: inout MessageWriter
  ) {
    let isExpired = rent.end.map { $0 < today } ?? false
    writer.put("Id", rent.id)
    if isBulk { writer.put("LeaseId", rent.leaseId) }
    writer.put("TransactionType", "Charge")
    writer.put("IsExpired", isExpired)
    writer.put("RentId", rent.id)
    writer.put("OffsettingGLAccountId", Int32?.none)
    writer.array("Lines", rent.charges) { writer, charge in
      writer.object {
        $0.put("GLAccountId", charge.accountId)
        $0.put("Amount", charge.amount)
      }
    }
    writer.put("Amount", rent.total)
    writer.put("Memo", rent.charges.first?.memo)
    writer.put("FirstOccurrenceDate", rent.start)
    let next = Month(of: today).adding(1).day(Int(rent.charges.first?.dueDay ?? 1))
    writer.put("NextOccurrenceDate", max(next, rent.start))
    writer.put("PostDaysInAdvance", rent.charges.first?.postDaysInAdvance ?? 0)
    writer.put("Frequency", rent.cycle)
    writer.put("Duration", rent.end == nil ? "Unspecified" : "UntilEndOfTerm")
    if isBulk {
      writer.put("CreatedDateTime", rent.created)
      writer.put("LastUpdatedDateTime", rent.updated ?? rent.created)
    }
  }
}
