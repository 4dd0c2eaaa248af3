"""Ten uses of each of ten words, five in each of two senses."""

EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "bank": {
        "money": (
            "The bank raised its interest rates again in March.",
            "She borrowed the money from a bank in London.",
            "The central bank said on Monday that inflation was falling.",
            "He works for a large investment bank in New York.",
            "Customers of the bank lost their savings in the crisis.",
        ),
        "river": (
            "We sat on the bank of the river and ate our lunch.",
            "The village lies on the left bank of the Rhine.",
            "The boat was tied to the bank below the old bridge.",
            "They walked along the bank until the stream turned south.",
            "The army camped on the opposite bank of the river.",
        ),
    },
    "play": {
        "theatre": (
            "His first play was performed in London in 1892.",
            "She wrote a play about the life of the poet.",
            "The play ends with the death of the king.",
            "Critics praised the new play and its young director.",
            "The film is based on a play by Shakespeare.",
        ),
        "sport": (
            "They will play their next game on Saturday.",
            "He hopes to play for the national team next year.",
            "The two clubs play each other twice in a season.",
            "She began to play tennis at the age of six.",
            "We could not play football because of the rain.",
        ),
    },
    "right": {
        "side": (
            "He turned right at the corner.",
            "Her right hand was badly hurt.",
            "The door on the right leads to the garden.",
            "He raised his right arm and waved.",
            "The path to the right goes down to the lake.",
        ),
        "law": (
            "Every citizen has the right to vote.",
            "The court said they had no right to do so.",
            "Women won the right to own land.",
            "The right of free speech is protected by law.",
            "They claimed the right to govern themselves.",
        ),
    },
    "party": {
        "politics": (
            "The party won a majority of seats in parliament.",
            "He left the party after the election.",
            "The leader of the opposition party resigned on Friday.",
            "She joined the party as a student.",
            "The party lost votes in the north.",
        ),
        "feast": (
            "We danced all night at the party.",
            "She invited her friends to a birthday party.",
            "He met his wife at a party in Boston.",
            "There was cake and music at the party.",
            "They threw a party to celebrate their wedding.",
        ),
    },
    "cell": {
        "biology": (
            "The nucleus of the cell contains the DNA.",
            "Each cell divides into two daughter cells.",
            "Proteins pass through the membrane of the cell.",
            "The virus enters the cell and makes copies of itself.",
            "A red blood cell carries oxygen to the tissues.",
        ),
        "prison": (
            "The prisoner was found dead in his cell.",
            "He spent three nights in a cell at the police station.",
            "The guard locked the door of the cell and went away.",
            "She shared a small cell with two other women.",
            "There was only a bed and a chair in the cell.",
        ),
    },
    "plant": {
        "factory": (
            "The company closed its plant in Ohio last year.",
            "Three hundred workers at the plant went on strike.",
            "The new plant will produce engines for trucks.",
            "An explosion at a chemical plant killed two people.",
            "The government wants to build a nuclear power plant near the coast.",
        ),
        "botany": (
            "The leaves of the plant turn yellow in autumn.",
            "She watered the plant on the window sill.",
            "This plant grows in dry soil and flowers in May.",
            "The roots of a plant take up water from the ground.",
            "Insects carry pollen from one plant to another.",
        ),
    },
    "letter": {
        "mail": (
            "He wrote a long letter to his mother.",
            "The letter arrived by post on Tuesday morning.",
            "She opened the envelope and read the letter aloud.",
            "In a letter to the president, he asked for help.",
            "I have not answered your last letter yet.",
        ),
        "alphabet": (
            "The first letter of the word is silent.",
            "Every sentence begins with a capital letter.",
            "The name is spelled with the letter K.",
            "Each letter of the alphabet stands for a sound.",
            "He drew the letter A on the blackboard.",
        ),
    },
    "match": {
        "game": (
            "Our team won the match by two goals.",
            "The match ended in a draw after extra time.",
            "She lost the tennis match in three sets.",
            "Thousands of fans watched the match in the stadium.",
            "The referee stopped the match because of the weather.",
        ),
        "fire": (
            "He struck a match and lit the candle.",
            "She held a burning match to the paper.",
            "The match went out in the wind.",
            "He lit his pipe with a match.",
            "One match was enough to set the barn on fire.",
        ),
    },
    "court": {
        "law": (
            "The court found him guilty of murder.",
            "She will appear in court on Monday.",
            "The lawyer told the court that his client was innocent.",
            "The court rejected the appeal.",
            "A federal court ruled that the law was invalid.",
        ),
        "king": (
            "The painter lived at the court of the king.",
            "He was ambassador at the Spanish court.",
            "Musicians played every night at the court of the prince.",
            "The queen and her court moved to the summer palace.",
            "French was spoken at the court of Catherine the Great.",
        ),
    },
    "rock": {
        "music": (
            "He plays guitar in a rock band.",
            "She listens to rock music in her room.",
            "The album mixes rock and jazz.",
            "They became famous as rock stars in the sixties.",
            "The singer left the rock group after the tour.",
        ),
        "stone": (
            "The house was built on solid rock.",
            "He sat down on a rock by the sea.",
            "Water had worn a hole in the rock.",
            "They climbed the steep rock with ropes.",
            "The ship struck a rock and sank.",
        ),
    },
}
