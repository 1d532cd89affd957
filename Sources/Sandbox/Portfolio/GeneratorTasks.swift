import Domain

// Requests of tenants and owners, to-dos, and the work orders they lead to.
extension PortfolioGenerator {
  mutating func addTasks(to portfolio: inout Portfolio) {
    let count = max(6, options.units / 8)
    for _ in 0..<count {
      let day = today.adding(-random.within(0...150))
      let status = random.pick(["New", "InProgress", "Completed", "Deferred", "Closed"])
      addTask(status, at: moment(of: day), to: &portfolio)
    }
  }

  @discardableResult
  mutating func addTask(
    _ status: String, at created: Instant, to portfolio: inout Portfolio
  ) -> Int32 {
    let day = Day(created.date)
    let unit = random.pick(portfolio.units.rows)
    let lease = portfolio.leases.rows.first {
      $0.unitId == unit.id && !$0.currentTenantIds.isEmpty
    }
    let kind = lease == nil ? .todo : random.pick(TaskRecord.Kind.allCases)
    let priority = random.pick(["Low", "Normal", "Normal", "High"])
    let assignee = random.chance(80) ? Int32(301 + random.below(4)) : 0
    let title = random.pick(WordLists.taskTitles)
    let category = random.pick(portfolio.taskCategories.rows)
    let sub = category.subs.isEmpty ? nil : random.pick(category.subs).id
    let due: Day? = random.chance(60) ? day.adding(random.within(1...30)) : nil
    let person = personName()
    let firstChange = portfolio.nextPartId()
    let secondChange = portfolio.nextPartId()
    let owner = portfolio.owners(of: unit.propertyId).first
    let moved = min(created.adding(milliseconds: 86_400_000), max(created, moment(of: today)))
    let id = portfolio.tasks.add { id in
      var task = TaskRecord(
        id: id, kind: kind, title: title, assigneeId: assignee, status: status, priority: priority,
        created: created, updated: created)
      (task.categoryId, task.subCategoryId) = (category.id, sub)
      (task.propertyId, task.unitId, task.due) = (unit.propertyId, unit.id, due)
      task.description = priority == "High" ? "\(title), please hurry" : nil
      switch kind {
      case .residentRequest:
        task.leaseId = lease?.id
        task.requester = lease?.currentTenantIds.first.map(TaskRecord.Requester.tenant)
        (task.isEntryPermitted, task.hasPets) = (true, false)
      case .ownerRequest:
        task.requester = owner.map { .owner($0.id) }
        task.contributions = [
          TaskRecord.Contribution(
            description: "Repair reserve", amount: Money(minorUnits: 50_000))
        ]
      case .contactRequest:
        task.contact = TaskRecord.Contact(
          firstName: person.first, lastName: person.last, email: "\(id)@example.com")
        task.requester = .contact(firstName: person.first, lastName: person.last)
      case .todo: break
      }
      task.changes = [
        TaskRecord.Change(
          id: firstChange, priority: priority, status: "New", assigneeId: assignee, due: due,
          message: task.description, created: created, userId: 301)
      ]
      if status != "New" {
        task.changes.append(
          TaskRecord.Change(
            id: secondChange, priority: priority, status: status, assigneeId: assignee, due: due,
            message: "Called back", created: moved, userId: 302))
        task.updated = moved
      }
      return task
    }
    if random.chance(20) {
      portfolio.files.add {
        StoredFile(
          id: $0, parent: .taskHistory(firstChange), title: "Photo \($0).jpg",
          physicalName: "file-\($0).jpg", size: 48_213, contentType: "image/jpeg",
          uploaded: created)
      }
    }
    if kind == .residentRequest || kind == .todo, random.chance(50) {
      addWorkOrder(for: id, title: title, at: created, to: &portfolio)
    }
    return id
  }

  private mutating func addWorkOrder(
    for taskId: Int32, title: String, at created: Instant, to portfolio: inout Portfolio
  ) {
    let vendor = random.pick(portfolio.vendors.rows)
    let lines = (0..<random.within(0...2)).map { _ in
      WorkOrder.Line(
        accountId: random.pick(ChartOfAccounts.billable),
        quantity: WorkOrder.halves(random.within(1...12)),
        memo: "Labour", unitPrice: cents(2500...9500))
    }
    let invoice = random.chance(30) ? "W-\(random.within(100...999))" : ""
    portfolio.workOrders.add { id in
      var order = WorkOrder(
        id: id, taskId: taskId, title: title, entryAllowed: "Unknown", vendorId: vendor.id,
        updated: created)
      (order.lines, order.invoiceNumber) = (lines, invoice)
      order.details = "Please arrange a time with the resident."
      return order
    }
  }
}
