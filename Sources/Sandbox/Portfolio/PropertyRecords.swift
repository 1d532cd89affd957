import Domain

// What a property manager keeps about places and people. Members are named for what they mean;
// how Buildium spells them stands in the message writers. A nil text is JSON's null; an empty one is
// the empty string that the service sends in some members where others have null.

struct Address: Sendable, Hashable {
  var line1: String?
  var line2: String?
  var line3: String?
  var city: String?
  var state: String?
  var postalCode: String?
  var country = "UnitedStates"
}

struct Phone: Sendable, Hashable {
  enum Kind: String, Sendable, CaseIterable {
    case notSet = "NotSet"
    case home = "Home"
    case office = "Office"
    case cell = "Cell"
    case personal = "Personal"
    case fax = "Fax"
    case other = "Other"
  }
  var number: String
  var kind: Kind
}

struct TaxInformation: Sendable, Hashable {
  var kind: String?
  var payerId: String?
  var name1: String?
  var name2: String?
  var isIn1099 = false
  var address: Address?
}

struct Property: Identified {
  let id: Int32
  var name: String
  var structureDescription: String?
  var isActive = true
  var operatingBankAccountId: Int32
  var reserve: Money?
  var address: Address
  var yearBuilt: Int32?
  var subType: String
  var managerId: Int32?
  var vendorIds: [Int32] = []
  var updated: Instant

  /// The service derives the type from the sub-type.
  var type: String { Self.residential.contains(subType) ? "Residential" : "Commercial" }
  static let residential = ["CondoTownhome", "MultiFamily", "SingleFamily"]
}

struct Unit: Identified {
  let id: Int32
  let propertyId: Int32
  var number: String
  var description: String?
  var marketRent: Money?
  var address: Address
  var bedrooms: String?
  var bathrooms: String?
  var size: Int32?
  var isListed = false
  var updated: Instant
}

struct Owner: Identified {
  let id: Int32
  var isCompany: Bool
  var isActive = true
  var firstName: String?
  var lastName: String?
  var companyName: String?
  var phones: [Phone] = []
  var email: String?
  var alternateEmail: String?
  var comment: String?
  var address: Address?
  var dateOfBirth: Day?
  var agreementStart: Day?
  var agreementEnd: Day?
  var propertyIds: [Int32]
  var tax: TaxInformation?
  var updated: Instant

  var displayName: String { isCompany ? companyName ?? "" : fullName(firstName, lastName) }
}

struct EmergencyContact: Sendable, Hashable {
  var name: String?
  var relationship: String?
  var phone: String?
  var email: String?
}

struct Tenant: Identified {
  let id: Int32
  var firstName: String
  var lastName: String
  var email: String?
  var alternateEmail: String?
  var phones: [Phone] = []
  var created: Instant
  var emergencyContact: EmergencyContact?
  var dateOfBirth: Day?
  var smsOptIn: String?
  var address: Address?
  var alternateAddress: Address?
  var mailingPreference: String? = "PrimaryAddress"
  var comment: String?
  var taxId: String?
  var updated: Instant

  var displayName: String { fullName(firstName, lastName) }
}

struct Cosigner: Sendable {
  var id: Int32
  var firstName: String?
  var lastName: String?
  var email: String?
  var alternateEmail: String?
  var phones: [Phone] = []
  var created: Instant
  var address: Address?
  var alternateAddress: Address?
  var mailingPreference: String
}

struct Lease: Identified {
  enum Status: String, Sendable, CaseIterable {
    case active = "Active"
    case past = "Past"
    case future = "Future"
  }
  struct Occupant: Sendable {
    enum Status: String, Sendable {
      case movedOut = "MovedOut"
      case current = "Current"
      case future = "Future"
    }
    var tenantId: Int32
    var status: Status
    var moveIn: Day?
  }
  struct MoveOut: Sendable {
    var tenantId: Int32
    var day: Day
    var noticeGiven: Day?
  }

  let id: Int32
  let propertyId: Int32
  var unitId: Int32
  var from: Day
  var to: Day?
  var type: String
  /// Stays Active after the end date until everybody has moved out, as the real service does.
  var status: Status
  var isEvictionPending = false
  var termType = "Standard"
  var renewalOffer: String?
  var rent: Money?
  var deposit: Money?
  var occupants: [Occupant]
  var moveOuts: [MoveOut] = []
  var cosigners: [Cosigner] = []
  var movesOutAutomatically = false
  var dueDay: Int32 = 1
  var created: Instant
  var updated: Instant

  var currentTenantIds: [Int32] {
    occupants.filter { $0.status == .current }.map(\.tenantId)
  }
}

/// A rent schedule of a lease.
struct RentSchedule: Identified {
  struct Charge: Sendable {
    var id: Int32
    var accountId: Int32
    var amount: Money
    var memo: String?
    var first: Day
    var postDaysInAdvance: Int32
    var dueDay: Int32?
  }
  let id: Int32
  let leaseId: Int32
  var start: Day
  var end: Day?
  var cycle: String
  var charges: [Charge]
  var created: Instant
  /// Null until the schedule is edited.
  var updated: Instant?

  var total: Money { charges.reduce(.zero) { $0 + $1.amount } }
}

/// A renewal: the same lease record with new terms.
struct Renewal: Identified {
  let id: Int32
  let leaseId: Int32
  var status: Lease.Status
  var from: Day
  var to: Day?
  var type: String
  var rent: Money
  var rentId: Int32?
  var tenantIds: [Int32]
  var created: Instant
}

struct Vendor: Identified {
  struct Insurance: Sendable {
    var provider: String?
    var policy: String?
    var expires: Day?
  }
  let id: Int32
  var isCompany: Bool
  var isActive = true
  var firstName: String?
  var lastName: String?
  var companyName: String?
  var email: String?
  var alternateEmail: String?
  var phones: [Phone] = []
  var website: String?
  var categoryId: Int32
  var address: Address?
  var insurance: Insurance?
  var comments: String?
  var accountNumber: String?
  var expenseAccountId: Int32?
  var tax: TaxInformation?
  var updated: Instant

  var displayName: String { isCompany ? companyName ?? "" : fullName(firstName, lastName) }
}

struct VendorCategory: FilingCategory {
  let id: Int32
  var name: String
  var isSystem: Bool
}

struct StaffUser: Identified {
  let id: Int32
  var firstName: String
  var lastName: String
  var email: String
  var isActive = true
  var phones: [Phone] = []
}

/// A note on any record; the kind of its parent keeps the number spaces apart.
struct Note: Identified {
  enum Parent: Sendable, Hashable {
    case property(Int32), unit(Int32), owner(Int32), lease(Int32), tenant(Int32), vendor(Int32)
  }
  let id: Int32
  let parent: Parent
  var text: String
  var userId: Int32
  var updated: Instant
}

func fullName(_ first: String?, _ last: String?) -> String {
  [first, last].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
}
