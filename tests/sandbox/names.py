# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables that generated members and content are drawn from."""

FIRST = [
    "Aaliyah", "Aaron", "Abdul", "Ada", "Adam", "Adriana", "Agnes", "Ahmed", "Aiko", "Aisha", "Alan", "Albert",
    "Alejandro", "Alice", "Amara", "Amelia", "Amina", "Ana", "Anders", "Andrea", "Anita", "Anneke", "Antonio",
    "Aoife", "Arjun", "Asha", "Astrid", "Barbara", "Beatriz", "Ben", "Bilal", "Björn", "Bogdan", "Brenda",
    "Brian", "Camille", "Carlos", "Carmen", "Cecilia", "Chad", "Chen", "Chiara", "Chloé", "Cyril", "Dagmar",
    "Daniel", "David", "Deepa", "Diego", "Dmitri", "Dolores", "Edith", "Eduardo", "Elena", "Eli", "Emeka",
    "Emily", "Erik", "Esther", "Fatima", "Felipe", "Fiona", "Frank", "Françoise", "Gabriel", "Gemma", "George",
    "Gita", "Grace", "Greta", "Gustavo", "Hana", "Hannah", "Haruto", "Hassan", "Helen", "Henrik", "Hugo",
    "Ibrahim", "Ida", "Ingrid", "Irene", "Isaac", "Ivan", "Jack", "Jamal", "Jane", "Javier", "Jia", "Joan",
    "João", "John", "Jorge", "José", "Joy", "Julia", "Jürgen", "Kamal", "Karen", "Katarzyna", "Kenji", "Kim",
    "Klaus", "Kofi", "Laila", "Lars", "Laura", "Leila", "Liam", "Lin", "Lucia", "Łukasz", "Magda", "Mai", "Malik",
    "Marco", "Maria", "Mateo", "Maya", "Mehmet", "Mei", "Michael", "Miriam", "Mohammed", "Nadia", "Naomi",
    "Nikolai", "Nina", "Noah", "Nora", "Olga", "Oluwaseun", "Omar", "Oscar", "Paolo", "Patricia", "Pedro",
    "Petra", "Priya", "Quinn", "Rachel", "Rafael", "Rania", "Ravi", "Renée", "Rosa", "Ruth", "Samir", "Sara",
    "Sean", "Siobhán", "Sofia", "Søren", "Stefan", "Sunita", "Susan", "Takeshi", "Tamara", "Tariq", "Teresa",
    "Thomas", "Tomás", "Ulrike", "Valentina", "Vera", "Viktor", "Wei", "Wendy", "Xavier", "Yara", "Yasmin",
    "Yuki", "Yusuf", "Zainab", "Zoë", "Žofia",
]  # fmt: skip
LAST = [
    "Abbott", "Achebe", "Adeyemi", "Ahmadi", "Alvarez", "Andersen", "Arslan", "Bakker", "Baptiste", "Barnes",
    "Becker", "Bell", "Bianchi", "Bose", "Brown", "Byrne", "Campbell", "Castillo", "Chang", "Chaudhry", "Cohen",
    "Costa", "Cruz", "Dahl", "Das", "Delgado", "Diallo", "Díaz", "Dubois", "Dvořák", "Eriksson", "Espinoza",
    "Evans", "Farah", "Fernández", "Fischer", "Flores", "Fonseca", "Fraser", "Fujita", "García", "Ghosh", "Gomes",
    "González", "Grant", "Greene", "Gupta", "Haddad", "Hall", "Hansen", "Haruna", "Hayashi", "Hernández",
    "Hoffmann", "Horvat", "Hughes", "Hussein", "Ibáñez", "Ito", "Ivanova", "Jackson", "Jansen", "Jensen",
    "Johnson", "Jones", "Joshi", "Kaya", "Kelly", "Khan", "Kim", "Kowalski", "Kumar", "Larsen", "Laurent", "Lee",
    "Leroy", "Li", "Lindqvist", "López", "Ma", "MacLeod", "Mahmoud", "Maier", "Martin", "Martínez", "Mbeki",
    "Medina", "Meyer", "Mills", "Moreau", "Morris", "Müller", "Murphy", "Mwangi", "Nakamura", "Navarro", "Németh",
    "Nguyen", "Nielsen", "Novák", "Nowak", "O'Brien", "Okafor", "Oliveira", "Olsen", "Ortiz", "Osei", "Owens",
    "Papadopoulos", "Park", "Patel", "Pereira", "Pérez", "Petrov", "Phillips", "Pinto", "Popescu", "Quispe",
    "Rahman", "Ramírez", "Reyes", "Ricci", "Rivera", "Robinson", "Rossi", "Ruiz", "Russo", "Saito", "Salazar",
    "Sánchez", "Santos", "Sato", "Schmidt", "Schneider", "Sharma", "Silva", "Singh", "Smith", "Sørensen",
    "Suzuki", "Svensson", "Takahashi", "Tanaka", "Taylor", "Thapa", "Torres", "Tran", "Turner", "Vargas", "Vega",
    "Visser", "Wagner", "Walker", "Wang", "Weber", "White", "Wilson", "Wong", "Wright", "Yamamoto", "Yılmaz",
    "Young", "Zhang", "Zhou", "Ziegler",
]  # fmt: skip
DEPARTMENTS = (
    "Planning", "Water", "Roads", "Parks", "Public Health", "Assessor", "Fire", "Police", "Forestry", "Geodesy",
)  # fmt: skip
TITLES = ("analyst", "technician", "inspector", "coordinator", "surveyor", "intern", "supervisor", "specialist")
ITEM_TYPES = ("Web Map", "Feature Service", "Web Mapping Application", "CSV", "StoryMap", "Dashboard", "Form")
TREE = {
    "Department": {
        "Sales": {},
        "Consulting": {},
        "Engineering": {"Survey": {}, "Remote Sensing": {}},
        "Öffentlichkeitsarbeit": {},
    },
    "Office Location": {
        "USA": {"Maine": {}, "California": {}, "Texas": {}},
        "Europe": {"Zurich": {}, "Edinburgh": {}, "Kraków": {}},
    },
    "Contract": {"Employee": {}, "Contractor": {}, "Student": {}},
}  # fmt: skip
