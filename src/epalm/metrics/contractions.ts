/** Words whose apostrophes answers leave out, as the VQA evaluation has them. */
const WHOLE = [
  ..."ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't".split(
    " ",
  ),
  ..."he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't".split(
    " ",
  ),
  ..."must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've".split(
    " ",
  ),
  ..."somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd".split(
    " ",
  ),
  ..."something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll".split(
    " ",
  ),
  ..."they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's where'd".split(
    " ",
  ),
  ..."where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't".split(
    " ",
  ),
  ..."wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've".split(" "),
];

/** Two that do not follow from the words above. */
const ALONE = new Map([
  ["hed", "he'd"],
  // Sic.
  ["somebody'd", "somebodyd"],
]);

const withoutOne = (word: string): string[] =>
  [...word].flatMap((sign, at) => (sign === "'" ? [word.slice(0, at) + word.slice(at + 1)] : []));

/** What lacks one apostrophe, to the word that it was. */
export const CONTRACTIONS: ReadonlyMap<string, string> = new Map([
  ...WHOLE.flatMap((word) => withoutOne(word).map((short): [string, string] => [short, word])),
  ...ALONE,
]);
